# SPDX-License-Identifier: GPL-2.0-or-later
"""What an engineer sees of a line: captures that tshark opens, debug lines, show isdn, show controllers."""

import os
import re
import stat
import subprocess

import pytest

from harness.exchange import Exchange
from harness.gateway import Gateway
from harness.process import free_port, wait_until
from harness.sip_phone import SipPhone


@pytest.fixture(scope="module")
def line(tmp_path_factory):
    """A gateway with an exchange behind its span 1; calls come from `csim start`."""
    folder = tmp_path_factory.mktemp("debug")
    spans = free_port(), free_port()
    with Exchange(folder, *reversed(spans)) as exchange, Gateway(folder, *spans) as gateway:
        gateway.wait_until_up(exchange)
        yield gateway


def call(gateway, number):
    """One call from the console, cleared on the line as well; returns its id."""
    gateway.command(f"csim start {number}", check=False)
    gateway.wait_for_calls(0)
    wait_until("idle line", lambda: "30 of 30 idle" in gateway.command("show isdn status"))
    history = gateway.command("show call history")
    return int(history.splitlines()[1].split()[0])


def tshark(path, *arguments):
    done = subprocess.run(["tshark", "-r", str(path), *arguments], timeout=60, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    assert done.returncode == 0
    return done.stdout


def messages(path, *fields):
    """Those fields of each Q.931 message, without the RESTARTs of channels after the start."""
    arguments = [word for field in fields for word in ("-e", field)]
    text = tshark(path, "-Y", "q931 && !(q931.message_type in {0x46, 0x4e})", "-T", "fields", *arguments)
    return [row.split("\t") for row in text.splitlines()]


def test_tshark_opens_the_capture(line, tmp_path):
    path = tmp_path / "d.pcapng"
    assert "are captured into" in line.command(f"debug isdn capture {path}")
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o600
    number = call(line, "0003")  # busy
    assert re.search(r"\d+ frames are in", line.command("no debug isdn capture"))
    comments, references, types, interfaces = zip(*messages(
        path, "frame.comment", "q931.call_ref", "q931.message_type", "frame.interface_name"))
    assert set(interfaces) == {"1:D"}
    assert comments[0] == f"call {number}, span 1, sent"
    assert types[0] == "0x05" and "0x45" in types and types[-1] == "0x5a"
    assert all(re.fullmatch(rf"call {number}, span 1, (sent|received)", text) for text in comments)
    assert len({reference.replace(":", "").lstrip("8") for reference in references}) == 1
    assert "[Malformed" not in tshark(path, "-V") and "LAPD" in tshark(path)
    # it is the far end that says DISCONNECT, and the direction says so
    cleared = [row for row in messages(path, "q931.message_type", "frame.comment",
                                       "frame.packet_flags_direction") if row[0] == "0x45"]
    assert cleared and all(row[1].endswith("received") and int(row[2], 16) == 1 for row in cleared)


def test_both_calls_of_a_capture_are_told_apart(line, tmp_path):
    path = tmp_path / "two.pcapng"
    line.command(f"debug isdn capture {path} span 1 size 1")
    numbers = [call(line, "0003"), call(line, "0005")]
    line.command("undebug isdn capture")
    seen = {}
    for comment, reference in messages(path, "frame.comment", "q931.call_ref"):
        seen.setdefault(comment.split(",")[0], set()).add(int(reference.replace(":", ""), 16) & 0x7fff)
    assert list(seen) == [f"call {number}" for number in numbers]
    assert all(len(references) == 1 for references in seen.values())
    assert not set.intersection(*seen.values())


def test_a_full_disk_ends_the_capture_and_nothing_else(line, tmp_path):
    size = 4096
    path = tmp_path / "full.pcapng"
    line.command(f"debug isdn capture {path} size 1")
    # the gateway may write no file longer than this from now on
    before = subprocess.run(["prlimit", "--pid", str(line.pid), "--fsize", "--noheadings", "--raw",
                             "--output", "SOFT"], text=True, capture_output=True).stdout.strip()
    subprocess.run(["prlimit", "--pid", str(line.pid), f"--fsize={size}:"], check=True)
    try:
        for _ in range(40):
            call(line, "0003")
            if "capture" not in line.command("show debugging"):
                break
        assert line.wait_for_line("full.pcapng ends after", 5)
    finally:
        subprocess.run(["prlimit", "--pid", str(line.pid), f"--fsize={before}:"], check=True)
    assert 0 < path.stat().st_size <= size
    assert len(tshark(path, "-Y", "q931").splitlines()) > 3
    call(line, "0003")


def test_what_a_capture_cannot_do_is_said(line, tmp_path):
    path = tmp_path / "there"
    path.write_text("mine")
    for text, says in ((f"debug isdn capture {path}", "is there already: remove it"),
                       ("debug isdn capture d.pcapng", "no absolute path"),
                       (f"debug isdn capture {tmp_path}/no/d.pcapng", "No such file"),
                       ("no debug isdn capture", "There is no capture"),
                       ("debug isdn q931 interface 1:7", "1:7 is no D channel: say 1:D")):
        done = line.command(text, check=False)
        assert done.returncode == 1 and says in done.stdout
    assert path.read_text() == "mine"


def test_debug_q931_is_a_line_for_each_message(line):
    start = len(line.text())
    line.command("debug isdn q931 interface 1:D")
    assert "Q.931 debugging is on for interface 1:D" in line.command("show debug")
    number = call(line, "0003")
    line.command("no debug isdn q931")
    text = line.text()[start:]
    reference = re.search(rf"1:D Q931: TX -> call {number}: SETUP pd = 8 callref = 0x([0-9A-F]{{4}}), "
                          r"Bearer Capability i = 0x9090A3 \(3.1 kHz audio, A-law\), Channel ID "
                          r"i = 0xA.83[0-9A-F]{2} \((exclusive|preferred), channel \d+\), .*Called Party "
                          r"Number i = 0x\w+ 0003 \(unknown, .*Sending Complete$", text, re.MULTILINE)
    assert reference, text
    assert re.search(rf"1:D Q931: RX <- call {number}: RELEASE COMPLETE pd = 8 callref = 0x8", text)
    assert re.search(rf"1:D Q931: RX <- call {number}: DISCONNECT .*Cause i = 0x\w+ \(17, user busy, ", text)
    assert "Q921" not in text
    start = len(line.text())
    call(line, "0003")
    assert "Q931" not in line.text()[start:]


def test_debug_q921_is_a_line_for_each_frame(line):
    start = len(line.text())
    line.command("debug isdn q921")
    call(line, "0003")
    line.command("undebug all")
    text = line.text()[start:]
    assert re.search(r"1:D Q921: TX -> INFO c/r=0 sapi=0 tei=0 ns=\d+ nr=\d+$", text, re.MULTILINE)
    assert re.search(r"1:D Q921: RX <- RR c/r=\d sapi=0 tei=0 nr=\d+$", text, re.MULTILINE)
    assert "Q931" not in text
    assert "All debugging is off" in line.command("show debug")


def test_show_isdn_status_has_all_layers(line):
    text = line.command("show isdn status serial 1:D")
    for pattern in (r"^ISDN Serial1:D interface\n  Layer 1 Status:\n    ACTIVE$",
                    r"^  Layer 2 Status:\n    up, MULTIPLE_FRAME_ESTABLISHED\n    primary-net5, user side$",
                    r"^    Bad frames received: 0 repaired, 0 ignored, 0 dropped$",
                    r"^    T301 180 s, T303 4 s, .*T316 120 s$",
                    r"^    30 of 30 idle\n    1/1-15     idle\n    1/17-31    idle$"):
        assert re.search(pattern, text, re.MULTILINE), f"no {pattern} in\n{text}"
    assert line.command("show isdn status") == text


def test_a_call_is_seen_while_it_is_up_and_after(line):
    with SipPhone() as phone:
        phone.gateway = line.target
        call = phone.dial("0001")
        phone.wait_for_status(call, 200)
        active = line.command("show isdn active")
        status = line.command("show isdn status")
        service = line.command("show isdn service serial 1:D")
        phone.hang_up(call)
    line.wait_for_calls(0)
    number, channel = re.search(r"^(\d+) +Out +4085550100 +0001 +1/(\d+) +\d+  ACTIVE$", active,
                                re.MULTILINE).groups()
    assert "1 active ISDN call" in active
    assert re.search(rf"^    1/{channel} +call {number} ACTIVE$", status, re.MULTILINE)
    assert re.search(r"call reference \d+ ACTIVE$", status, re.MULTILINE)
    rows = service.splitlines()
    at = rows[2].split().index(channel)
    assert rows[1].startswith("  Channel State") and rows[3].split()[at] == "2"
    assert set(rows[6].split()[2:]) == {"0"}
    history = line.command("show isdn history").splitlines()
    assert re.fullmatch(rf"{number} +Out +4085550100 +0001 +1/{channel} +\d+  \d{{4}}-\d\d-\d\d \d\d:\d\d:\d\d  "
                        r"16 \(normal call clearing\)", history[1])


def test_show_controllers(line):
    wait_until("first second", lambda: "current interval" in line.command("show controllers e1 1"))
    wait_until("end of the calls before", lambda: "17-31  idle" in line.command("show controllers e1 1"))
    text = line.command("show controllers e1 1")
    for pattern in (r"^E1 1 is up\.$", r"^  Driver is cesopsn: pseudowire from 127\.0\.0\.1:\d+ to ",
                    r"^  Framing is E1, law is A-law, Clock Source is Line$", r"^  No alarms detected\.$",
                    r"^  Data in current interval \(\d+ seconds elapsed\):$",
                    r"^     0 Slips, \d+ D-Channel Frames Received, \d+ Sent, 0 in Error$",
                    r"^  Timeslots:\n     1-15   idle\n     16     D channel, up\n     17-31  idle$"):
        assert re.search(pattern, text, re.MULTILINE), f"no {pattern} in\n{text}"
    every, e1 = (re.sub(r"\d+ (seconds|D-Channel|Sent)", r"N \1", line.command(f"show controllers{kind}"))
                 for kind in ("", " e1"))
    assert every == e1
    assert "There is no controller t1." in line.command("show controllers t1")


def test_an_alarm_is_told_with_its_time(tmp_path):
    spans = free_port(), free_port()
    with Gateway(tmp_path, *spans) as gateway:
        wait_until("console", gateway.listens)
        wait_until("alarm", lambda: "Alarms: LOS, since 20" in gateway.command("show controllers e1 1"))
        text = gateway.command("show controllers e1 1")
        assert "E1 1 is down." in text and "16     D channel, down" in text
        assert "DEACTIVATED, alarms LOS" in gateway.command("show isdn status")
        service = gateway.command("show isdn service")
        assert re.search(r"^  1/1  out of service: ", service, re.MULTILINE), service
        with Exchange(tmp_path, *reversed(spans)):
            wait_until("end of the alarm", lambda: "Last alarm: LOS, 20" in gateway.command("show controllers"))
            assert "No alarms detected." in gateway.command("show controllers")


def test_nothing_that_libpri_sends_is_a_bad_frame(line):
    assert "bad frame" not in line.text()


def test_an_incoming_setup_has_its_call(tmp_path):
    path = tmp_path / "in.pcapng"
    spans = free_port(), free_port()
    with Gateway(tmp_path, *spans) as gateway:
        wait_until("console", gateway.listens)
        gateway.command(f"debug isdn capture {path}")
        with Exchange(tmp_path, *reversed(spans), "--call", "4085550123", "7777") as exchange:
            exchange.wait(30)  # there is no peer for it
        gateway.command("no debug isdn capture")
        number = int(gateway.command("show call history").splitlines()[1].split()[0])
    rows = messages(path, "frame.comment", "q931.message_type")
    assert rows[0] == [f"call {number}, span 1, received", "0x05"]
    assert all(comment.startswith(f"call {number}, ") for comment, _ in rows), rows
