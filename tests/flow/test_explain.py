# SPDX-License-Identifier: GPL-2.0-or-later
"""`sipspan explain` against a file and a running gateway, expectations and lint at check and start."""

import json
import re
import subprocess

import pytest

from harness.gateway import Gateway
from harness.process import BUILD, TOP, free_port, wait_until

SIPSPAN = BUILD / "sipspan"

OFFICE = """\
controller e1 1
 driver cesopsn listen 127.0.0.1:20001 peer 127.0.0.1:20002
 pri-group timeslots 1-31
voice translation-rule 1
 rule 1 /^9/ //
voice translation-profile no-nine
 translate called 1
num-exp 5... 2...
dial-peer voice 1 voip
 incoming called-number .
 destination-pattern 2...
 session target ipv4:10.6.2.10
dial-peer voice 100 pots
 destination-pattern 91[2-9]..[2-9]......
 port 1:D
dial-peer voice 101 pots
 destination-pattern 9T
 preference 1
 translation-profile outgoing no-nine
 port 1:D
dial-peer voice 102 pots
 destination-pattern 911
 shutdown
 port 1:D
"""
LINES = OFFICE.count("\n")


@pytest.fixture
def office(tmp_path):
    file = tmp_path / "office.conf"
    file.write_text(OFFICE)
    return file


def explain(*arguments, text=None):
    return subprocess.run([str(SIPSPAN), "explain", *map(str, arguments)], input=text, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60, check=False)


def objects(*arguments, text=None):
    done = explain(*arguments, text=text)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_tells_each_step_of_a_number(office):
    done = explain("914085551234", "--calling", "2001", "--config", office)
    assert done.returncode == 0
    lines = done.stdout.splitlines()
    assert lines[0] == "call to 914085551234 from 2001"
    assert "inbound dial-peer 1 by incoming called-number (.)" in lines
    assert ("    called number 914085551234 -> 14085551234: dial-peer 101 translation-profile outgoing "
            "no-nine, rule 1 of voice translation-rule 1") in lines
    assert lines[-2].startswith(" 1. dial-peer 100 pots 1:D: called 4085551234 ")
    assert lines[-1].startswith(" 2. dial-peer 101 pots 1:D: called 14085551234 ")


def test_prints_one_object_of_a_number(office):
    done = explain("5001", "--json", "--config", office)
    assert done.returncode == 0
    assert json.loads(done.stdout) == {
        "inbound": {"tag": 1, "key": "called"}, "called": "2001", "calling": "",
        "candidates": [{"tag": 1, "kind": "voip", "target": "ipv4:10.6.2.10", "send": "2001",
                        "calling": ""}],
        "rejected": [], "cause": None}


def test_the_manual_shows_what_is_printed(tmp_path):
    page = (TOP / "gateway/admin/sipspan.1").read_text().split(".Sh EXPLAIN")[1]
    config, text, line = re.findall(r"\.Bd -literal(?: -offset indent)?\n(.*?)\.Ed", page, re.S)[:3]
    file = tmp_path / "gw.conf"
    file.write_text(config)
    arguments = "90123456", "--calling", "2001", "--config", file
    assert explain(*arguments).stdout == text
    assert json.loads(explain(*arguments, "--json").stdout) == json.loads(line)
    assert subprocess.run([str(SIPSPAN), "check", str(file)], check=True, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT).stdout == f"{file}: no errors\n"


def test_tells_why_nothing_goes_from_sip_to_sip(office):
    done = explain("2001", "--from", "sip:10.1.1.1", "--config", office)
    assert ("dial-peer 1 is left out: from SIP to SIP, which needs allow-connections sip to sip in voice "
            "service voip\n") in done.stdout
    office.write_text(OFFICE + "voice service voip\n allow-connections sip to sip\n")
    assert explain("2001", "--from", "sip:10.1.1.1", "--config", office).returncode == 0


@pytest.mark.parametrize("arguments, status", [
    (["2001"], 0),
    (["3001"], 1),
    (["2001", "--from", "sip:10.1.1.1"], 1),
    (["9115", "--from", "sip:10.1.1.1"], 0),
    (["2001", "--from", "span 1"], 0),
    (["2001", "--from", "span", "1"], 0),
    (["2001", "--from", "1/17"], 0),
    (["9115", "--digits"], 0),
    (["200", "--digits"], 1),
    (["--help"], 0),
    ([], 2),
    (["1", "2"], 2),
    (["2001", "--numbers", "-"], 2),
    (["2001", "--from", "nowhere"], 2),
    (["2001", "--nonsense"], 2),
    (["abc"], 2),
    (["-"], 2),
    (["1" * 33], 2),
])
def test_exit_status(office, arguments, status):
    done = explain(*arguments, "--config", office)
    assert done.returncode == status
    assert bool(done.stderr) == (status == 2)


def test_a_missing_file_is_trouble(tmp_path):
    done = explain("2001", "--config", tmp_path / "missing.conf")
    assert done.returncode == 2
    assert "No such file" in done.stderr


def test_a_wrong_file_is_trouble(office):
    office.write_text(OFFICE + "dial-peer voice 7 pots\n destination-pattern 2[\n")
    done = explain("2001", "--config", office)
    assert done.returncode == 2
    assert f"{office}:{LINES + 2}: " in done.stderr


def test_no_gateway_is_trouble(tmp_path):
    done = subprocess.run([str(SIPSPAN), "-s", str(tmp_path / "nobody"), "explain", "1"],
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 2
    assert "sipspand is not running" in done.stderr


def test_answers_line_by_line(office):
    found = objects("--numbers", "-", "--config", office,
                    text="2001\n2001,+14085551234\r\n\nabc\n911\n" + 99 * "1" + "\n5001")
    assert [line.get("called") for line in found] == ["2001", "2001", None, None, "911", None, "2001"]
    assert found[1]["calling"] == "+14085551234"
    assert [set(line) for line in found if "called" not in line] == 3 * [{"error"}]
    assert found[4]["rejected"] == [{"tag": 102, "why": "shutdown"}]


def test_answers_many_numbers(office, tmp_path):
    """100 000 lines take a second; the deadline is for one that takes longer the more there are."""
    numbers = tmp_path / "numbers"
    numbers.write_text("".join(f"91408{n:07}\n" for n in range(5000000, 5100000)))
    done = subprocess.run([str(SIPSPAN), "explain", "--numbers", str(numbers), "--config", str(office)],
                          stdout=subprocess.PIPE, timeout=120, check=True)
    assert done.stdout.count(b"\n") == 100000


def test_ends_quietly_with_its_reader(office):
    lines = "".join(f"91408{n:07}\n" for n in range(5000000, 5020000))
    pipe = subprocess.Popen([str(SIPSPAN), "explain", "--numbers", "-", "--config", str(office)],
                            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    pipe.stdout.close()
    try:
        pipe.stdin.write(lines.encode())
        pipe.stdin.close()
    except BrokenPipeError:
        pass
    assert pipe.wait(20) == 0
    assert pipe.stderr.read() == b""


def test_an_expectation_that_fails_is_an_error(office):
    office.write_text(OFFICE + "expect call from 2001 to 914085551234 via peer 100 send 4085551234\n"
                               "expect call from 2001 to 914085551234 hunts 101 100\n")
    done = subprocess.run([str(SIPSPAN), "check", str(office)], stderr=subprocess.PIPE, text=True,
                          check=False)
    assert done.returncode == 1
    assert done.stderr == (f"{office}:{LINES + 2}: expect call from 2001 to 914085551234: expected hunts 101 100, "
                           "it would be hunts 100 101\n")
    # explain is there to find out why
    assert explain("2001", "--config", office).returncode == 0
    start = subprocess.run([str(BUILD / "sipspand"), "-c", str(office), "-s", str(office) + ".socket"],
                           stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=120,
                           check=False)
    assert start.returncode == 1
    assert f"{office}:{LINES + 2}: expect call" in start.stdout


def test_lint_warns_and_lets_pass(office):
    office.write_text(OFFICE + "dial-peer voice 2 voip\n destination-pattern 2...\n"
                               " session target ipv4:10.6.2.11\n")
    done = subprocess.run([str(SIPSPAN), "check", str(office)], stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 0
    assert done.stdout == f"{office}: no errors, 1 warning\n"
    assert done.stderr == (
        f"{office}:{LINES + 1}: warning: dial-peer voice 1 (2...) and 2 (2...) both fit, as with 2000: IOS chooses "
        "at random, and so it is here (preference decides, or dial-peer tie deterministic); dial-peer "
        "voice 1: line 9\n")


@pytest.fixture
def lonely(folder):
    """A gateway whose exchange does not exist: its port is down."""
    (folder / "map").write_text("7...\n")
    gateway = Gateway(folder, free_port(), free_port())
    with open(gateway.config, "a", encoding="ascii") as config:
        config.write("voice class e164-pattern-map 1\n url file:map\n"
                     "dial-peer voice 300 voip\n destination e164-pattern-map 1\n"
                     " session target ipv4:127.0.0.1:9\n")
    with gateway:
        wait_until("console", gateway.listens)
        wait_until("media process", gateway.media_pid)
        yield gateway


def running(gateway, *arguments):
    done = subprocess.run([str(SIPSPAN), "-s", str(gateway.socket), "explain", *arguments], text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=120, check=False)
    assert not done.stderr
    return done.returncode, json.loads(done.stdout)


def test_knows_the_state_of_a_running_gateway(lonely):
    state = lonely.command("show dial-peer state").splitlines()
    assert state[0] == f"configuration {lonely.config}"
    assert "dial-peer 100 port-down calls 0 last-used 0" in state
    assert not [line for line in state if line.startswith("dial-peer 200 ")]
    status, found = running(lonely, "5001", "--json")
    assert status == 1
    assert found["rejected"] == [{"tag": 100, "why": "port-down"}]
    assert found["cause"] == 34
    status, found = running(lonely, "2001", "--json")
    assert status == 0
    assert [candidate["tag"] for candidate in found["candidates"]] == [200]


def test_reads_files_of_a_running_gateway(lonely):
    status, found = running(lonely, "7001", "--json")
    assert status == 0
    assert [candidate["tag"] for candidate in found["candidates"]] == [300]


def test_a_reload_asks_the_expectations(lonely):
    text = lonely.config.read_text()
    lonely.config.write_text(text + "expect call from 1 to 7001 via peer 200\n")
    done = lonely.command("reload", check=False)
    assert done.returncode == 1
    assert (f"{lonely.config}:{text.count(chr(10)) + 1}: expect call from 1 to 7001: expected via peer 200, "
            "it would be hunts 300 100, first via peer 300 send 7001") in done.stdout
    lonely.config.write_text(text + "expect call from 1 to 7001 via peer 300\n")
    lonely.command("reload")
    assert "expect call from 1 to 7001 via peer 300" in lonely.command("show running-config")
