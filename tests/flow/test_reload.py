# SPDX-License-Identifier: GPL-2.0-or-later
"""A new configuration for a gateway that runs: what is taken, what is refused, what goes on meanwhile."""

import os
import pwd
import re
import signal
import socket
import time

import pytest

from harness.gateway import Gateway
from harness.process import BUILD, QUICK, SANITIZED, free_port, rtp_range, run, wait_until
from harness.rtp import RtpEnd, RtpEnds
from harness.sip_phone import SipPhone

ECHO = "0001"
NEW_PEER = """\
dial-peer voice 300 voip
 destination-pattern 0001
 session target ipv4:127.0.0.1:{port}
"""


@pytest.fixture
def phone():
    with SipPhone() as running:
        yield running


@pytest.fixture
def gateway(folder, spans, exchange, phone):
    with Gateway(folder, *spans, target=f"ipv4:127.0.0.1:{phone.port}",
                 service_lines="allow-connections sip to sip") as running:
        phone.gateway = running.target
        yield running.wait_until_up(exchange)


def edit(gateway, old, new):
    text = gateway.config.read_text()
    assert old in text
    gateway.config.write_text(text.replace(old, new))


def add(gateway, lines):
    gateway.config.write_text(gateway.config.read_text() + lines)


def place(phone, number=ECHO, **options):
    call = phone.dial(number, **options)
    phone.wait_for_status(call, 200)
    return call


def arrives(phone, number=ECHO):
    """The call that came back to the phone by the new peer."""
    def look():
        return next((c for c in phone.calls_of(number) if c.incoming), None)
    return wait_until(f"call to {number} at the phone", look)


def log_lines(gateway):
    return re.findall(r"reload by .*", gateway.text())


@pytest.mark.audio
def test_the_next_call_goes_the_new_way_and_those_that_are_up_stay(gateway, phone):
    end = RtpEnd(rtp_range()[0], bytes(range(1, 161)) * 50)
    with RtpEnds([end]) as rtp:
        first = place(phone, rtp_port=end.port)
        end.remote = first.remote_rtp
        wait_until("echo", lambda: len(end.heard) > 50)
        add(gateway, NEW_PEER.format(port=phone.port))
        told = gateway.command("reload")
        assert "+ dial-peer voice 300 voip\n+  destination-pattern 0001\n" in told
        assert told.endswith("taken, +1 -0 peers, 0 changed, 0 other blocks\n")
        phone.dial(ECHO)
        second = arrives(phone)
        heard = len(end.heard)
        wait_until("more echo", lambda: len(end.heard) > heard + 50)
        assert first.state == "up"
        phone.hang_up(second)
        phone.hang_up(first)
        gateway.wait_for_calls(0)
    assert end.lost() == 0
    assert end.longest_silence_ms() < 200 + rtp.late_ms
    outs = {record["peer_out"] for record in gateway.call_records(2)}
    assert outs == {"100", "300"}
    assert len(log_lines(gateway)) == 1
    assert "dial-peer voice 300 voip" in gateway.command("show running-config")


def test_a_bad_file_changes_nothing_and_is_told_with_its_lines(gateway, phone):
    before = gateway.command("show running-config")
    edit(gateway, " destination-pattern ....$", " destination-pattern 9[T")
    line = gateway.config.read_text().splitlines().index(" destination-pattern 9[T") + 1
    done = gateway.command("reload", check=False)
    assert done.returncode == 1
    assert re.search(rf"^{re.escape(str(gateway.config))}:{line}: ", done.stdout, re.MULTILINE)
    assert "refused, " in done.stdout
    assert gateway.command("show running-config") == before
    phone.hang_up(place(phone))
    assert re.search(rf"refused, .*:{line}: .*the running configuration stays", log_lines(gateway)[-1])
    gateway.config.unlink()
    done = gateway.command("reload", check=False)
    assert done.returncode == 1 and "cannot be read" in done.stdout


def test_an_expectation_that_fails_refuses(gateway, phone):
    before = gateway.command("show running-config")
    add(gateway, "expect call from 2001 to 0001 via peer 100\n")
    assert gateway.command("reload").endswith("taken, +0 -0 peers, 0 changed, 1 other block\n")
    add(gateway, NEW_PEER.format(port=phone.port))
    line = gateway.config.read_text().splitlines().index("expect call from 2001 to 0001 via peer 100") + 1
    done = gateway.command("reload", check=False)
    assert done.returncode == 1
    assert re.search(rf"^{re.escape(str(gateway.config))}:{line}: ", done.stdout, re.MULTILINE), done.stdout
    assert gateway.command("show running-config").replace("expect call from 2001 to 0001 via peer 100\n", "") in (
        before, before.replace("\n!\nend", "\nend"))
    phone.hang_up(place(phone))


def test_a_check_tells_the_difference_and_changes_nothing(gateway, phone):
    before = gateway.command("show running-config")
    edit(gateway, "hostname test", "hostname other")
    told = gateway.command("reload check")
    assert "- hostname test\n+ hostname other\n" in told
    assert "nothing is wrong" in told
    assert gateway.command("show running-config") == before
    assert not log_lines(gateway)
    assert gateway.command("reload").endswith("taken, +0 -0 peers, 0 changed, 2 other blocks\n")
    assert gateway.command("reload").endswith("taken, no difference\n")


def test_sighup_reloads(gateway, phone):
    add(gateway, NEW_PEER.format(port=phone.port))
    os.kill(gateway.pid, signal.SIGHUP)
    gateway.wait_for_line(r"reload by signal: taken, \+1 -0 peers")
    phone.dial(ECHO)
    phone.hang_up(arrives(phone))
    add(gateway, "nonsense\n")
    os.kill(gateway.pid, signal.SIGHUP)
    gateway.wait_for_line(r"reload: \S+:\d+: .*nonsense")
    gateway.wait_for_line(r"reload by signal: refused, ")


def test_the_log_says_by_whom_and_keeps_the_password(gateway):
    add(gateway, "line vty\n password sesame\n")
    os.kill(gateway.pid, signal.SIGHUP)
    gateway.wait_for_line(r"reload by signal: taken, ")
    assert re.search(r"reload: \+  password \.\.\.", gateway.text())
    assert "sesame" not in gateway.text()
    for _ in range(5):
        gateway.command("reload")
    who = pwd.getpwuid(os.getuid()).pw_name
    assert re.findall(r"reload by (\S+):", gateway.text())[1:] == [who] * 5


def test_call_records_follow_a_rotation_and_a_new_name(gateway, phone):
    call = place(phone)
    rotated = gateway.records.with_suffix(".1")
    gateway.records.rename(rotated)
    os.kill(gateway.pid, signal.SIGUSR1)
    wait_until("new file", gateway.records.exists)
    assert not log_lines(gateway)
    other = gateway.records.with_name("other.csv")
    edit(gateway, str(gateway.records), str(other))
    gateway.command("reload")
    phone.hang_up(call)
    gateway.wait_for_calls(0)
    wait_until("record", lambda: other.exists() and len(other.read_text().splitlines()) == 2)
    assert len(gateway.records.read_text().splitlines()) == 1
    assert not gateway.records.with_name(gateway.records.name + ".open").exists()
    edit(gateway, str(other), "/nonexistent/calls.csv")
    done = gateway.command("reload", check=False)
    assert done.returncode == 1 and "cannot write call records" in done.stdout
    assert str(other) in gateway.command("show running-config")


def test_what_waits_for_the_next_start_is_told_and_not_shown_as_running(gateway, phone):
    port = gateway.sip_port
    edit(gateway, f"listen-port non-secure {port}", f"listen-port non-secure {free_port()}")
    edit(gateway, " pri-group timeslots 1-31", " pri-group timeslots 1-15")
    add(gateway, NEW_PEER.format(port=phone.port))
    told = gateway.command("reload")
    assert told.index("+ dial-peer voice 300") < told.index("Waits for the next start of the gateway:")
    assert "- pri-group timeslots 1-31" in told.replace("-  ", "- ")
    shown = gateway.command("show running-config")
    assert f"listen-port non-secure {port}" in shown and "pri-group timeslots 1-31" in shown
    assert "dial-peer voice 300" in shown
    assert "pri-group timeslots 1-31" in gateway.command("show configuration pending")
    phone.dial(ECHO)
    phone.hang_up(arrives(phone))
    again = gateway.folder / "again.conf"
    again.write_text(shown)
    assert "no errors" in run(BUILD / "sipspan", "check", again)


def test_a_peer_at_a_controller_that_is_new_can_be_taken(folder, gateway):
    add(gateway, f"""\
controller e1 2
 driver cesopsn listen 127.0.0.1:{free_port()} peer 127.0.0.1:{free_port()}
 pri-group timeslots 1-31
dial-peer voice 2 pots
 destination-pattern 7T
 port 2:D
""")
    gateway.command("reload")
    shown = gateway.command("show running-config")
    assert "controller e1 2\n shutdown\n" in shown and "port 2:D" in shown
    again = folder / "again.conf"
    again.write_text(shown)
    assert "no errors" in run(BUILD / "sipspan", "check", again)
    assert "-  shutdown" in gateway.command("show configuration pending")


def test_what_would_be_no_configuration_beside_what_waits_is_refused(gateway):
    before = gateway.command("show running-config")
    edit(gateway, "sip-ua\n transport udp\n transport tcp\n", "sip-ua\n no transport tcp\n")
    gateway.command("reload")
    edit(gateway, "controller e1 1", "controller t1 1")
    edit(gateway, " pri-group timeslots 1-31", " pri-group timeslots 1-24")
    edit(gateway, " port 1:D", " port 1:23")
    edit(gateway, "primary-net5", "primary-ni")
    done = gateway.command("reload", check=False)
    assert done.returncode == 1
    assert "without what waits for the next start" in done.stdout
    assert gateway.command("show running-config") == before


def test_trusted_addresses_and_the_limit_of_calls_are_taken(gateway, phone):
    add(gateway, "call threshold 1\n")
    gateway.command("reload")
    first = place(phone)
    phone.wait_for_status(phone.dial(ECHO), 503)
    edit(gateway, "call threshold 1\n", "call threshold 2\n")
    gateway.command("reload")
    second = place(phone)
    for call in (first, second):
        phone.hang_up(call)


def test_voice_ports_and_timers_of_sip_are_taken(gateway, phone):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind(("127.0.0.1", 0))
        edit(gateway, "sip-ua\n", "sip-ua\n timers trying 100\n retry invite 1\n")
        edit(gateway, " cptone GB\n", " cptone GB\n shutdown\n")
        add(gateway, f"""\
dial-peer voice 400 voip
 destination-pattern 4...
 session target ipv4:127.0.0.1:{silent.getsockname()[1]}
""")
        gateway.command("reload")
        began = time.monotonic()
        call = phone.dial("4000")
        wait_until("the end of Timer B", lambda: call.status >= 300)
        assert time.monotonic() - began < 25  # of 200 ms; it was 32 s
    phone.wait_for_status(phone.dial(ECHO), 503)
    edit(gateway, " cptone GB\n shutdown\n", " cptone GB\n")
    gateway.command("reload")
    phone.hang_up(place(phone))


def test_reloads_under_calls_leave_memory_flat_and_calls_up(gateway, phone):
    rounds = 40 if QUICK or SANITIZED else 120  # SANITIZED: it is about leaks, not about memory
    peers = "".join(f"dial-peer voice {1000 + n} voip\n destination-pattern 8{n:04}\n"
                    f" session target ipv4:127.0.0.1:{phone.port}\n" for n in range(500))
    base = gateway.config.read_text() + "call-history-mib max-size 5\n"
    calls = [place(phone) for _ in range(10)]
    sizes = []
    for n in range(rounds):
        gateway.config.write_text(base + (peers if n % 2 == 0 else ""))
        assert re.search(r"taken, \+\d+ -\d+ peers", gateway.command("reload"))
        if n < 20:  # each holds the plan that it began with; what SIP keeps of ended calls is not measured
            phone.hang_up(calls.pop(0))
            calls.append(place(phone))
        elif n % 2 == 1:
            sizes.append(gateway.memory_kb())
    assert all(call.state == "up" for call in calls)
    for call in calls:
        phone.hang_up(call)
    gateway.wait_for_calls(0)
    print("kB in use:", *sizes)
    assert SANITIZED or sizes[-1] < sizes[1] + 500, sizes  # SANITIZED: what was freed is kept
    assert len(log_lines(gateway)) == rounds


def test_diff_finds_the_calls_that_would_go_another_way(gateway, phone):
    for number in (ECHO, "0003", ECHO):
        call = phone.dial(number)
        wait_until("answer", lambda: call.status >= 200)
        phone.hang_up(call)
    gateway.wait_for_calls(0)
    ids = [record["call_id"] for record in gateway.call_records(3) if record["called"] == ECHO]
    assert {record["source"] for record in gateway.call_records()} == {f"sip:127.0.0.1:{phone.port}"}
    assert "0 of 3 calls would go another way" in gateway.command("reload --diff 100")
    add(gateway, NEW_PEER.format(port=phone.port))
    told = gateway.command("reload --diff 100")
    assert re.findall(r"^call (\d+), ", told, re.MULTILINE) == ids
    assert told.count("  now:  peer 100 1:D sends 0001 ") == 2
    assert told.count(f"  then: peer 300 ipv4:127.0.0.1:{phone.port} sends 0001 ") == 2
    assert "2 of 3 calls would go another way" in told
    assert "1 of 1 call would go another way" in gateway.command("reload --diff 1")
    assert "dial-peer voice 300" not in gateway.command("show running-config")
    other = gateway.folder / "other.conf"
    other.write_text(gateway.config.read_text() + "nonsense\n")
    assert gateway.command(f"reload --diff 1 {other}", check=False).returncode == 1
    assert gateway.command("reload --diff 0", check=False).returncode == 1
