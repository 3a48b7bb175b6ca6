# SPDX-License-Identifier: GPL-2.0-or-later
"""Configurations and command lines that are wrong: one clear sentence, a status that says so, no core."""

import re
import socket

import pytest

from harness.exchange import Exchange
from harness.gateway import Gateway
from harness.process import BUILD, free_port, run, wait_until


def good_config(folder, spans):
    return Gateway(folder, *spans).config


def check(path):
    return run(BUILD / "sipspan", "check", path, check=False)


def test_a_good_file_is_good(folder, spans):
    done = check(good_config(folder, spans))
    assert done.returncode == 0, done.stdout


def test_every_error_is_listed_with_its_line(folder, spans):
    path = good_config(folder, spans)
    lines = path.read_text().splitlines()
    wrong = {}
    for i, line in enumerate(lines):
        if line.startswith(" isdn switch-type"):
            lines[i] = " isdn switch-type primary-moon"
        elif line.startswith(" destination-pattern 2T"):
            lines[i] = " destination-pattern 2[T"
        elif line.startswith("hostname"):
            lines[i] = "hostnam test"
        elif line.startswith(" session target"):
            lines[i] = " session target ipv4:300.1.1.1"
        else:
            continue
        wrong[i + 1] = lines[i]
    path.write_text("\n".join(lines) + "\n")
    done = check(path)
    assert done.returncode > 0 and len(wrong) == 4
    for number in wrong:
        assert re.search(rf"^{re.escape(str(path))}:{number}: ", done.stdout, re.MULTILINE), done.stdout


def test_nothing_starts_with_a_bad_file(folder, spans):
    gateway = Gateway(folder, *spans)
    gateway.config.write_text(gateway.config.read_text() + "no such command\n")
    gateway.start()
    assert gateway.wait(10) > 0
    assert f"{gateway.config}:" in gateway.text()
    assert not gateway.socket.exists()


def test_running_config_reads_back_to_the_same(folder, gateway):
    shown = gateway.command("show running-config")
    again = folder / "again.conf"
    again.write_text(shown)
    done = check(again)
    assert done.returncode == 0, f"{done.stdout}\n{shown}"
    spans = free_port(), free_port()
    with Gateway(folder, *spans, name="second", text=re.sub(
            r"listen 127.0.0.1:\d+ peer 127.0.0.1:\d+", f"listen 127.0.0.1:{spans[0]} peer 127.0.0.1:{spans[1]}",
            re.sub(r"listen-port non-secure \d+", f"listen-port non-secure {free_port()}", shown))) as second:
        wait_until("console", second.listens)
        changed = re.compile(r"127.0.0.1:\d+|listen-port non-secure \d+")
        assert changed.sub("", second.command("show running-config")) == changed.sub("", shown)


def one_sentence(done):
    """A refusal for people: status above 0, no signal, one line, no dump."""
    assert 0 < done.returncode < 126, (done.returncode, done.stdout)
    lines = [line for line in done.stdout.splitlines() if line.strip()]
    assert lines and len(lines) <= 3, done.stdout
    assert "Assert" not in done.stdout and "Sanitizer" not in done.stdout
    return done.stdout


@pytest.mark.parametrize("arguments, expected", [
    (("-c", "/nonexistent/x.conf"), "/nonexistent/x.conf"),
    (("--frobnicate",), "frobnicate|sage|--help|option"),
])
def test_sipspand_refuses_in_one_sentence(arguments, expected):
    assert re.search(expected, one_sentence(run(BUILD / "sipspand", *arguments, check=False)))


@pytest.mark.parametrize("arguments, expected", [
    (("--listen", "127.0.0.1:x", "--peer", "127.0.0.1:2"), "--listen"),
    (("--listen", "127.0.0.1:2"), "--peer"),
    (("--listen", "192.0.2.1:2142", "--peer", "192.0.2.1:2143"), "192.0.2.1"),
    (("--listen", "127.0.0.1:0", "--peer", "127.0.0.1:1", "--call", "1"), "--listen|FROM TO"),
])
def test_exchange_refuses_in_one_sentence(arguments, expected):
    said = one_sentence(run(BUILD / "sipspan-exchange", *arguments, check=False))
    assert re.search(expected, said)


def test_nobody_answers_the_command_line(folder):
    done = run(BUILD / "sipspan", "-s", folder / "none", "show", "version", check=False)
    assert "sipspand is not running" in one_sentence(done)


def test_busy_ports_are_named(folder, spans):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        for gateway in (Gateway(folder, port, spans[1], name="span"),
                        Gateway(folder, *spans, sip_port=port, name="sip")):
            gateway.start()
            assert 0 < gateway.wait(10) < 126
            assert str(port) in gateway.tail(5), gateway.text()


def test_two_gateways_on_one_console_are_refused(folder, gateway):
    second = Gateway(folder / "second", free_port(), free_port())
    second.argv[-1] = str(gateway.socket)
    second.start()
    assert 0 < second.wait(10) < 126
    assert str(gateway.socket) in second.tail(5)
    assert gateway.listens()


def test_wrong_peer_is_counted_not_heard(folder, spans):
    with Gateway(folder, *spans) as gateway, Exchange(folder, free_port(), spans[0]):
        wait_until("console", gateway.listens)
        wait_until("packets from a stranger", lambda: re.search(
            r"packets malformed +[1-9]", gateway.command("show span")), 10)
        assert not gateway.isdn_up()


def test_show_commands_answer(gateway):
    assert "sipspan" in gateway.command("show version")
    assert "0 active calls" in gateway.command("show call active brief")
    assert "controller e1 1" in gateway.command("show span")
    summary = gateway.command("show dial-peer voice summary")
    assert re.search(r"^100 +pots", summary, re.MULTILINE)
    assert re.search(r"^200 +voip", summary, re.MULTILINE)
    done = gateway.command("show nonsense", check=False)
    assert done.returncode != 0 and "%" in done.stdout


def test_csim_places_a_call(gateway):
    said = gateway.command("csim start 0003", check=False)
    assert said.returncode == 1 and "cause 17 (user busy)" in said.stdout
    assert "cause 16" in gateway.command("csim start 0010")
