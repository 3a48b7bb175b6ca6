# SPDX-License-Identifier: GPL-2.0-or-later
"""Who gets in, and how the gateway is taken out of service."""

import re
import shutil
import socket
import subprocess
import time

import pytest

from harness.exchange import Exchange
from harness.gateway import Gateway
from harness.process import TOP, free_port, wait_until
from harness.sip_phone import SipPhone

FILTER = TOP / "conf/fail2ban/sipspan.conf"
STRANGER = "127.0.0.66"


@pytest.fixture
def phone(gateway):
    with SipPhone() as phone:
        phone.gateway = gateway.target
        yield phone


def call_that_is_up(phone, number="0001"):
    call = phone.dial(number)
    phone.wait_for_status(call, 200)
    return call


def options(gateway, source="127.0.0.1", method="OPTIONS"):
    """First line of the answer and its Retry-After; None if none came."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind((source, 0))
        sock.settimeout(0.3 if source == STRANGER else 60)
        port = sock.getsockname()[1]
        sock.sendto((f"{method} sip:{gateway.target[0]}:{gateway.target[1]} SIP/2.0\r\n"
                     f"Via: SIP/2.0/UDP {source}:{port};branch=z9hG4bK{port};rport\r\n"
                     f"From: <sip:a@{source}>;tag=1\r\nTo: <sip:b@{gateway.target[0]}>\r\n"
                     f"Call-ID: {port}@{source}\r\nCSeq: 1 {method}\r\nMax-Forwards: 70\r\n"
                     "Content-Length: 0\r\n\r\n").encode(), gateway.target)
        try:
            answer = sock.recv(65536).decode()
        except TimeoutError:
            return None
    retry = re.search(r"^Retry-After: *(\d+)", answer, re.MULTILINE)
    return answer.split("\r\n")[0], int(retry[1]) if retry else None


# ---- call service stop

def test_stopped_service_refuses_new_calls_and_leaves_the_others(gateway, phone):
    call = call_that_is_up(phone)
    assert gateway.command("call service stop") == "SIP call service is stopping, 1 call left.\n"
    refused = phone.dial("0001")
    phone.wait_for_status(refused, 503)
    assert options(gateway) == ("SIP/2.0 503 Service Unavailable", 10)
    assert "SIP service is stopping, 1 call left" in gateway.command("show sip-ua service")
    assert call.state == "up" and gateway.active_calls() == 1
    phone.hang_up(call)
    wait_until("end of the call", lambda: "is stopped" in gateway.command("show call service"))
    assert re.search(r"refused since the start +1$", gateway.command("show call service"), re.M)
    assert gateway.command("call service start") == "SIP call service is up.\n"
    assert options(gateway)[0] == "SIP/2.0 200 OK"
    phone.hang_up(call_that_is_up(phone))


def test_forced_stop_ends_calls(gateway, phone):
    call = call_that_is_up(phone)
    gateway.command("call service stop forced")
    wait_until("BYE", lambda: call.state == "ended")
    assert "cause=41" in call.reason
    gateway.wait_for_calls(0)


def test_a_file_that_says_stop_is_obeyed_and_the_console_outlasts_a_reload(folder, spans, exchange):
    with Gateway(folder, *spans, listen_lines="call service stop") as gateway, SipPhone() as phone:
        gateway.wait_until_up(exchange)
        phone.gateway = gateway.target
        phone.wait_for_status(phone.dial("0001"), 503)
        gateway.command("call service start")
        gateway.command("reload")
        assert "is up" in gateway.command("show call service")
        text = gateway.config.read_text()
        gateway.config.write_text(text.replace("  call service stop\n", ""))
        gateway.command("reload")
        gateway.command("call service stop")
        gateway.config.write_text(text)
        gateway.command("reload")
        assert "is stopped" in gateway.command("show call service")
        gateway.config.write_text(text.replace("  call service stop\n", ""))
        gateway.command("reload")
        assert "is up" in gateway.command("show call service")


def test_calls_from_the_pstn_go_back_to_be_routed_elsewhere(folder, spans):
    with Gateway(folder, *spans, listen_lines="call service stop", pots_pattern="9...") as gateway, \
         Exchange(folder, spans[1], spans[0], "--call", "4085550100", "2200", "--expect-cause", "41") as exchange:
        gateway.wait_until_up(exchange)
        exchange.finish()


def test_a_gateway_that_is_to_end_waits_for_its_calls(folder, spans, exchange):
    with Gateway(folder, *spans, listen_lines="call service drain 60") as gateway, SipPhone() as phone:
        gateway.wait_until_up(exchange)
        phone.gateway = gateway.target
        call = call_that_is_up(phone)
        gateway.child.terminate()
        gateway.wait_for_line("1 may go on for 60 s", 5)
        phone.wait_for_status(phone.dial("0001"), 503)
        assert call.state == "up" and gateway.running()
        phone.hang_up(call)
        assert gateway.wait(10) == 0


def test_a_second_signal_ends_the_drain(folder, spans, exchange):
    with Gateway(folder, *spans, listen_lines="call service drain 60") as gateway, SipPhone() as phone:
        gateway.wait_until_up(exchange)
        phone.gateway = gateway.target
        call = call_that_is_up(phone)
        gateway.child.terminate()
        gateway.wait_for_line("1 may go on for 60 s", 5)
        gateway.child.terminate()
        assert gateway.wait(10) == 0
        wait_until("BYE", lambda: call.state == "ended")


# ---- call threshold, call spike

def test_limits_are_told_and_refuse_with_retry_after(folder, spans, exchange):
    gateway = Gateway(folder, *spans)
    with gateway.config.open("a") as file:
        file.write("call threshold global total-calls low 1 high 2\n"
                   "call threshold global total-mem low 99 high 100\ncall spike 50 steps 10 size 2000\n")
    with gateway, SipPhone() as phone:
        gateway.wait_until_up(exchange)
        phone.gateway = gateway.target
        calls = [call_that_is_up(phone) for _ in range(2)]
        refused = phone.dial("0001")
        phone.wait_for_status(refused, 503)
        status = gateway.command("show call threshold status")
        assert re.search(r"^total-calls +2 +1 +2  refused$", status, re.M), status
        assert re.search(r"^total-mem +\d+ +99 +100  taken$", status, re.M), status
        stats = gateway.command("show call threshold stats")
        assert re.search(r"^total-calls +1 +1$", stats, re.M), stats
        assert "total-calls  low 1 high 2" in gateway.command("show call threshold config")
        assert re.search(r"3 of 50$", gateway.command("show call spike status"), re.M)
        phone.hang_up(calls[0])
        gateway.wait_for_calls(1)
        phone.hang_up(call_that_is_up(phone))
        phone.hang_up(calls[1])


def test_calls_under_way_have_a_limit_which_calls_for_help_have_not(folder, spans, exchange):
    with SipPhone() as phone:
        gateway = Gateway(folder, *spans, target=f"ipv4:127.0.0.1:{phone.port}", listen_lines="source-limit setups 1",
                          service_lines="allow-connections sip to sip")
        with gateway.config.open("a") as file:
            file.write("emergency 0002\n")
        with gateway:
            gateway.wait_until_up(exchange)
            phone.gateway = gateway.target
            waiting = phone.dial("2000100")
            wait_until("the call there", lambda: phone.calls_of("2000100")[1:])
            phone.wait_for_status(phone.dial("0001"), 503)
            phone.hang_up(call_that_is_up(phone, "0002"))
            phone.hang_up(waiting)
            wait_until("end of the call", lambda: waiting.state == "ended")
            phone.hang_up(call_that_is_up(phone))
            assert re.search(r"^Calls refused, too many under way +1$",
                             gateway.command("show sip-ua strangers"), re.M)


# ---- strangers

@pytest.fixture
def closed(folder):
    """A gateway that trusts 127.0.0.1 alone."""
    with Gateway(folder, free_port(), free_port(), service_lines="no ip address trusted loopback",
                 listen_lines="source-limit untrusted 5 burst 10") as gateway:
        wait_until("console", gateway.listens)
        yield gateway


def fail2ban_matches(folder, lines):
    """Addresses that the filter finds, by fail2ban itself if it is there."""
    log = folder / "lines.log"
    log.write_text("".join(f"{line}\n" for line in lines))
    if shutil.which("fail2ban-regex"):
        return subprocess.run(["fail2ban-regex", "-o", "ip", str(log), str(FILTER)], text=True, check=True,
                              capture_output=True, timeout=60).stdout.split()
    pattern = re.search(r"^failregex = (.*)$", FILTER.read_text(), re.M)[1]
    pattern = pattern.replace("<HOST>", r"([0-9a-fA-F:.]+)")
    time_of_line = r"^(\d{4}-\d\d-\d\d|\w{3} +\d+) [0-9:.]+"
    return [match[1] for line in lines if (match := re.search(pattern, re.sub(time_of_line, "", line)))]


def test_a_stranger_is_in_the_log_once_and_fail2ban_reads_it(closed, folder):
    for _ in range(3):
        assert options(closed, STRANGER) is None
    assert options(closed)[0] == "SIP/2.0 200 OK"
    closed.wait_for_line("stranger", 5)
    lines = [line for line in closed.text().splitlines() if "stranger" in line]
    assert len(lines) == 1 and lines[0].endswith(f"stranger {STRANGER}: OPTIONS discarded, messages 1")
    assert fail2ban_matches(folder, lines) == [STRANGER]
    told = closed.command("show sip-ua strangers")
    assert re.search(rf"^{STRANGER} +3 +0 +0 -$", told, re.M), told
    assert "are refused" in closed.command(f"show ip address trusted check {STRANGER}")
    assert "are accepted" in closed.command("show ip address trusted check 127.0.0.1")


def test_fail2ban_reads_every_form_of_line(folder):
    now = time.strftime("%Y-%m-%d %H:%M:%S")
    syslog = time.strftime("%b %d %H:%M:%S") + " gw1 sipspand[77]: "
    lines = [f"{now}.123 stranger 192.0.2.1: INVITE refused, messages 1",
             f"{syslog}stranger 192.0.2.2: blocked for 60 s: too many messages, messages 121",
             f"{syslog}stranger 2001:db8::7: wrong password, messages 3",
             f"{syslog}call 7: sip 100 -> stranger 192.0.2.3: INVITE refused, messages 1",
             f"{syslog}sip:stranger 192.0.2.4: x, messages 1 -> 5"]
    assert fail2ban_matches(folder, lines) == ["192.0.2.1", "192.0.2.2", "2001:db8::7"]


def test_a_flood_is_blocked_and_calls_do_not_notice(closed):
    """20 000 datagrams of one source, as fast as they go."""
    before = cpu_ticks(closed.pid)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind((STRANGER, 0))
        sock.connect(closed.target)
        for i in range(20000):
            sock.send(b"INVITE sip:1@127.0.0.1 SIP/2.0\r\nCall-ID: %d\r\n\r\n" % i if i % 2
                      else b"%d rubbish\r\n\r\n" % i)
            if i % 2000 == 1000:
                assert options(closed)[0] == "SIP/2.0 200 OK"
    told = closed.command("show sip-ua strangers")
    assert re.search(rf"^{STRANGER} .* \d+ s$", told, re.M), told
    spent = (cpu_ticks(closed.pid) - before) * 10
    assert spent < 1000, f"{spent} ms for 20000 datagrams"
    closed.command("clear sip-ua strangers")
    assert re.search(rf"^{STRANGER} .* -$", closed.command("show sip-ua strangers"), re.M)


def cpu_ticks(pid):
    with open(f"/proc/{pid}/stat") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return int(fields[11]) + int(fields[12])
