# SPDX-License-Identifier: GPL-2.0-or-later
"""Numbers that come digit by digit, from one ISDN line to another: overlap, timers, dial tone."""

import re

import pytest

from harness.exchange import Exchange
from harness.gateway import Gateway
from harness.process import BUILD, Process, free_port, rtp_range, wait_until
from harness.sip_phone import SipPhone
from harness.speech import level, read_wav

CONFIG = """\
hostname dialling
controller e1 1
 driver cesopsn listen 127.0.0.1:{near[0]} peer 127.0.0.1:{near[1]}
 clock source line
 pri-group timeslots 1-4
controller e1 2
 driver cesopsn listen 127.0.0.1:{far[0]} peer 127.0.0.1:{far[1]}
 clock source line
 pri-group timeslots 1-4
interface serial 1:D
 isdn overlap-receiving T302 700
interface serial 2:D
 isdn protocol-emulate user
voice-port 1:D
 cptone GB
 timeouts initial 2
 timeouts interdigit 2
 timeouts interdigit-match 2
voice service voip
 ip address trusted list
  ipv4 127.0.0.1
 rtp-port range {rtp[0]} {rtp[1]}
 sip
  bind control address 127.0.0.1
  bind media address 127.0.0.1
  listen-port non-secure {sip}
call-record file {records}
dial-peer voice 10 pots
 incoming called-number .
 port 1:D
dial-peer voice 11 pots
 incoming called-number 55
 no direct-inward-dial
dial-peer voice 30 voip
 incoming called-number .
dial-peer voice 20 pots
 destination-pattern 816
 port 2:D
 no digit-strip
dial-peer voice 21 pots
 destination-pattern 9T
 port 2:D
dial-peer voice 22 pots
 destination-pattern 2....
 port 2:D
"""

# A gateway that has just started restarts its channels, and takes the line for up after the last one.
BEGIN = """\
layer2 up
expect layer2 up within 15000
""" + "".join(f"""\
expect RESTART channel={n} within 15000
send RESTART-ACK channel={n} restart=0
""" for n in (1, 2, 3, 4))
SETUP = "send SETUP call a bearer=speech channel=3,exclusive calling=4085550123 called={},type=unknown\n"
END = """\
send DISCONNECT call {0} cause=16
expect RELEASE call {0}
send RELEASE-COMPLETE call {0}
"""
ENDED = """\
expect DISCONNECT call a cause={}
send RELEASE call a cause={}
expect RELEASE-COMPLETE call a
"""
ANSWERS = """\
send PROCEEDING call b channel=$CH,exclusive
send ALERTING call b
send CONNECT call b
expect CONNECT-ACK call b
expect DISCONNECT call b
send RELEASE call b cause=16
expect RELEASE-COMPLETE call b
"""
ANSWERED = "expect PROCEEDING call a\nexpect ALERTING call a\nexpect CONNECT call a\nsend CONNECT-ACK call a\n"


class Script(Process):
    """One end of a line as a script tells it."""

    def __init__(self, folder, name, ports, text):
        path = folder / f"{name}.script"
        path.write_text(BEGIN + text)
        super().__init__(name, folder, BUILD / "sipspan-exchange", "--listen", f"127.0.0.1:{ports[1]}",
                         "--peer", f"127.0.0.1:{ports[0]}", "--quiet", "--jitter", "4", "--script", path)

    def finish(self, seconds=40):
        assert self.wait(seconds) == 0, self.tail(60)
        return self.text()


@pytest.fixture
def lines(folder):
    class Lines:
        near, far = (free_port(), free_port()), (free_port(), free_port())

    Lines.folder = folder
    sip = free_port()
    text = CONFIG.format(near=Lines.near, far=Lines.far, rtp=rtp_range(), sip=sip,
                         records=folder / "sipspand.csv")
    with Gateway(folder, 0, 0, text=text, sip_port=sip) as gateway:
        Lines.gateway = gateway
        wait_until("console of the gateway", gateway.listens, 15, 0.05)
        yield Lines


def far_is_up(lines):
    def up():
        status = lines.gateway.command("show isdn status", False).stdout
        return re.search(r"Serial2:D.*?Layer 2 Status:\s+up", status, re.DOTALL)
    wait_until("D channel of the far line", up, 20, 0.1)


@pytest.fixture
def subscribers(lines):
    """On the far line."""
    with Exchange(lines.folder, lines.far[1], lines.far[0], name="far") as exchange:
        far_is_up(lines)
        yield exchange


def play(lines, near, far=None):
    """Both scripts to their ends; far: None if subscribers are there."""
    if far:
        with Script(lines.folder, "far", lines.far, far) as other:
            far_is_up(lines)
            with Script(lines.folder, "near", lines.near, near) as caller:
                caller.finish()
            other.finish()
    else:
        with Script(lines.folder, "near", lines.near, near) as caller:
            caller.finish()


def information(*digits):
    return "".join(f"send INFORMATION call a called={d}\n" for d in digits)


def test_digits_behind_the_number_are_dialled_on(lines):
    """Examples 50 and 54: routed at 816; what comes later goes to a far end that takes it."""
    play(lines,
         SETUP.format("8") + "expect SETUP-ACK call a channel=3\n" + information("1", "6", "90")
         + ANSWERED + END.format("a"),
         "expect SETUP call b channel=?CH called=816 !sending-complete within 30000\n"
         "send SETUP-ACK call b channel=$CH,exclusive\n"
         "expect INFORMATION call b called=9\nexpect INFORMATION call b called=0\n" + ANSWERS)
    record, = lines.gateway.call_records(1)
    assert record["called"] == "816" and record["cause"] == "16"


def test_sending_complete_ends_a_number(lines):
    play(lines,
         SETUP.format("9") + "expect SETUP-ACK call a\n" + information("5")
         + "send INFORMATION call a called=6 sending-complete\n" + ANSWERED + END.format("a"),
         "expect SETUP call b channel=?CH called=56 sending-complete within 30000\n" + ANSWERS)


def test_timer_ends_a_number_that_could_be_longer(lines):
    """interdigit-match runs."""
    play(lines,
         SETUP.format("9") + "expect SETUP-ACK call a\n" + information("5", "6") + ANSWERED + END.format("a"),
         "expect SETUP call b channel=?CH called=56 sending-complete within 30000\n" + ANSWERS)


@pytest.mark.parametrize("digits, cause", [("", 28), ("22", 28), ("7", 1), ("2#", 1)])
def test_no_number_comes_of_it(lines, subscribers, digits, cause):
    """T302 (700 ms) ends an incomplete number; one that nobody serves ends at once."""
    setup = "send SETUP call a bearer=speech channel=3,exclusive calling=4085550123\n"
    play(lines, setup + "expect SETUP-ACK call a\n" + information(*digits) + ENDED.format(cause, cause))
    record, = lines.gateway.call_records(1)
    assert record["cause"] == str(cause) and record["called"] == digits


def test_collecting_call_is_shown_and_can_be_cleared(lines, subscribers):
    near = SETUP.format("95") + "expect SETUP-ACK call a\n" + ENDED.format(31, 31)
    with Script(lines.folder, "near", lines.near, near) as caller:
        shown = wait_until("collecting call", lambda: re.search(
            r"^(\d+) +COLLECTING .* 95 ", lines.gateway.command("show call active brief"), re.MULTILINE), 20)
        lines.gateway.command(f"clear call {shown[1]}")
        caller.finish()


def test_beginning_of_a_number_from_sip_is_484(lines, subscribers):
    with SipPhone() as phone:
        phone.gateway = lines.gateway.target
        phone.wait_for_status(phone.dial("200", "4085550100"), 484)
        phone.wait_for_status(phone.dial("700", "4085550100"), 404)
    assert "200 is incomplete, dial-peer 22 (2....) wants 2 more digits: cause 28" in lines.gateway.text()


def call(lines, to, *arguments):
    with Exchange(lines.folder, lines.near[1], lines.near[0], "--call", "4085550123", to, *arguments,
                  name="near") as caller:
        return caller.finish()


def test_second_dial_tone_is_heard_until_the_first_digit(lines, subscribers):
    heard = lines.folder / "heard.wav"
    call(lines, "55", "--hold", "1", "--record", heard)
    levels = [level(read_wav(heard), hz) for hz in (350, 440)]
    assert min(levels) > -16, f"dial tone of GB: {levels}"
    call(lines, "55", "--dtmf", "2", "--hold", "1.5", "--record", heard)
    levels = [level(read_wav(heard)[8000:], hz) for hz in (350, 440)]
    assert max(levels) < -40, f"silence behind the first digit: {levels}"


def test_caller_dials_in_two_stages(lines, subscribers):
    """Through to a subscriber, with the digits dialled behind dial tone."""
    call(lines, "55", "--dtmf", "20009", "--hold", "4")
    record, = lines.gateway.call_records(1)
    assert record["called"] == "20009" and record["peer_in"] == "11" and record["peer_out"] == "22"


@pytest.mark.parametrize("digits, cause", [("7", 1), ("22", 28)])
def test_caller_who_dials_wrong_in_two_stages_is_cleared(lines, subscribers, digits, cause):
    call(lines, "55", "--dtmf", digits, "--expect-cause", cause)
