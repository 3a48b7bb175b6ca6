# SPDX-License-Identifier: GPL-2.0-or-later
"""`sipspan import-ios` from the command line, and where calls go in what it makes."""

import json
import pathlib
import re
import subprocess

import pytest

from harness.process import BUILD

SIPSPAN = BUILD / "sipspan"
ROUTERS = pathlib.Path(__file__).parent.parent / "import"


def sipspan(*arguments):
    return subprocess.run([str(SIPSPAN), *map(str, arguments)], stdin=subprocess.DEVNULL, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60, check=False)


@pytest.mark.parametrize("router", ["pri-callmanager", "itsp-trunk", "srst-site", "fxo-fxs-branch",
                                    "cme-office"])
def test_what_it_makes_passes_check(router, tmp_path):
    made, report = tmp_path / "made.conf", tmp_path / "report"
    done = sipspan("import-ios", ROUTERS / f"{router}.cfg", "-o", made, "--report", report)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert made.read_text() == (ROUTERS / f"{router}.conf").read_text()
    assert report.read_text() == (ROUTERS / f"{router}.report").read_text()
    assert sipspan("check", made).returncode == 0


def test_configuration_and_report_go_to_standard_output_and_error():
    done = sipspan("import-ios", ROUTERS / "srst-site.cfg")
    assert done.returncode == 0
    assert done.stdout == (ROUTERS / "srst-site.conf").read_text()
    assert done.stderr == (ROUTERS / "srst-site.report").read_text()


def without_indentation(lines):
    return [line.lstrip(" ") for line in lines]


def with_prompts(lines):
    """A prompt every 23 lines, and a log that has lost what wiped it out."""
    return [" --More--         " + line if at % 23 == 20 else line for at, line in enumerate(lines)]


@pytest.mark.parametrize("router", ["pri-callmanager", "itsp-trunk", "fxo-fxs-branch", "cme-office"])
@pytest.mark.parametrize("spoil", [without_indentation, with_prompts])
def test_lost_indentation_does_no_harm(router, spoil, tmp_path):
    lines = (ROUTERS / f"{router}.cfg").read_text().splitlines()
    spoilt = tmp_path / "spoilt.cfg"
    spoilt.write_text("\n".join(spoil(lines)))
    assert sipspan("import-ios", spoilt).stdout == (ROUTERS / f"{router}.conf").read_text()


# router, number, options, tags in hunt order, digits sent by the first; or the cause
ROUTES = [
    # the company's main number becomes an extension before the peer is looked for
    ("pri-callmanager", "02079460042", ["--from", "1:D"], [200, 201], "2042"),
    ("pri-callmanager", "6042", ["--from", "1:D"], [200, 201], "2042"),
    ("pri-callmanager", "902079460000", ["--calling", "2001", "--from", "sip:192.0.2.10"], [110], "02079460000"),
    # of 900T all three literal digits are not sent, with forward-digits extra
    ("pri-callmanager", "90014085550100", ["--calling", "2001", "--from", "sip:192.0.2.10"], [120],
     "0014085550100"),
    ("pri-callmanager", "112", ["--from", "sip:192.0.2.10"], [112], "112"),
    ("pri-callmanager", "3001", ["--from", "sip:192.0.2.10"], 1, None),
    ("pri-callmanager", "2001", ["--from", "sip:203.0.113.99"], [200, 201], "2001"),
    ("itsp-trunk", "902079460001", ["--from", "sip:192.0.2.10"], [100, 101], "+4402079460001"),
    ("itsp-trunk", "90014085550100", ["--from", "sip:192.0.2.11"], [100, 101], "+14085550100"),
    # the peer's server group has two servers
    ("itsp-trunk", "+442079460123", ["--from", "sip:203.0.113.5"], [200, 200], "+442079460123"),
    ("itsp-trunk", "+441632960999", ["--from", "sip:203.0.113.6"], [200, 200], "+441632960999"),
    ("itsp-trunk", "+442079460123", ["--from", "sip:198.51.100.1"], 21, None),
    ("srst-site", "911", ["--from", "sip:192.0.2.10", "--calling", "5001"], [911], "911"),
    ("srst-site", "94085550100", ["--from", "sip:192.0.2.10", "--calling", "5001"], [9], "14085550100"),
    ("srst-site", "4085555001", ["--from", "1:D"], [5000], "5001"),
    # the pilot of a hunt group, and its second number
    ("srst-site", "5000", ["--from", "1:D"], [200001], "5000"),
    ("srst-site", "5999", ["--from", "1:D"], [200001], "5000"),
    ("cme-office", "210", ["--from", "1:D"], [201001], "210"),
    ("cme-office", "220", ["--from", "1:D"], [200002], "220"),
    ("fxo-fxs-branch", "00441632960000", ["--from", "sip:192.0.2.1"], 21, None),
    ("fxo-fxs-branch", "0030", ["--calling", "2001", "--from", "sip:pbx.example.com"], [1], "030"),
    ("fxo-fxs-branch", "110", ["--calling", "2001", "--from", "sip:pbx.example.com"], [112], "110"),
    # connection plar of the second basic rate
    ("fxo-fxs-branch", "9", ["--from", "2:D", "--calling", "2001"], [2000], "2100"),
]


@pytest.mark.parametrize("router, number, options, tags, sent", ROUTES)
def test_calls_go_where_the_router_sent_them(router, number, options, tags, sent):
    done = sipspan("explain", number, *options, "--json", "--config", ROUTERS / f"{router}.conf")
    answer = json.loads(done.stdout)
    if isinstance(tags, int):
        assert answer["cause"] == tags
        return
    assert [candidate["tag"] for candidate in answer["candidates"]] == tags
    assert answer["candidates"][0]["send"] == sent


@pytest.mark.parametrize("arguments", [
    [], ["a", "b"], ["--bad", "a"], ["no-such-file"], [BUILD / "sipspan"],
    [ROUTERS / "srst-site.cfg", "-o", "/nowhere/out"]])
def test_what_cannot_be_done_is_status_1_and_a_sentence(arguments):
    done = sipspan("import-ios", *arguments)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr != ""


EXAMPLES = pathlib.Path(__file__).parent.parent.parent / "conf" / "examples"


@pytest.mark.parametrize("example", sorted(EXAMPLES.glob("*.conf")), ids=lambda example: example.stem)
def test_each_example_passes_check_without_a_warning(example):
    done = sipspan("check", example)
    assert (done.returncode, done.stdout, done.stderr) == (0, f"{example}: no errors\n", "")


@pytest.mark.parametrize("example", ["branch-office", "itsp-trunk", "callmanager-trunk", "srst-site", "tandem"])
def test_what_an_example_expects_would_be_missed(example, tmp_path):
    """Each is for something: with all dial peers shut down none of its calls gets through."""
    text = (EXAMPLES / f"{example}.conf").read_text()
    calls = [line for line in text.splitlines() if line.startswith("expect call") and "refused" not in line]
    assert len(calls) >= 4
    dead = tmp_path / "dead.conf"
    dead.write_text("\n".join(line + "\n shutdown" if line.startswith("dial-peer voice") else line
                              for line in text.splitlines()))
    done = sipspan("check", dead)
    assert done.returncode == 1
    assert len(re.findall(r": expected (?:via|hunts) .*, it would be refused", done.stderr)) == len(calls)
