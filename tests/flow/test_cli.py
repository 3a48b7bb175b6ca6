# SPDX-License-Identifier: GPL-2.0-or-later
"""The command line: every command with no exchange behind, `check`, and starts that must fail."""

import os
import pty
import re
import select
import signal
import socket
import subprocess
import tempfile
import termios
import time
from pathlib import Path

import pytest

from harness.gateway import Gateway
from harness.process import BUILD, SANITIZED, free_port, run, wait_until

SIPSPAN = BUILD / "sipspan"
SIPSPAND = BUILD / "sipspand"


@pytest.fixture
def lonely(folder):
    """A gateway whose exchange does not exist."""
    with Gateway(folder, free_port(), free_port()) as gateway:
        wait_until("console", gateway.listens)
        wait_until("media process", gateway.media_pid)
        yield gateway


def test_what_the_readme_configures_can_be_pasted(folder):
    """Its blocks stand at the left margin: one after another they are a configuration without errors."""
    text = (Path(__file__).parents[2] / "README").read_text()
    blocks = [block + "\n" for block in text.split("\n\n")
              if re.match(r"(voice|dial-peer|call-manager-fallback)\b.*\n ", block)]
    assert len(blocks) == 3
    secret = folder / "itsp.secret"
    secret.write_text("secret\n")
    secret.chmod(0o600)
    config = folder / "readme.conf"
    for count in range(1, len(blocks) + 1):
        config.write_text("".join(blocks[:count]))
        run(SIPSPAN, "check", config)


def start_fails(folder, *arguments):
    """Starts sipspand, which must end with status 1; returns what it said."""
    done = subprocess.run([str(SIPSPAND), *map(str, arguments)], stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=120, text=True,
                          cwd=folder)
    assert done.returncode == 1, done
    return done.stdout


def prepared(folder, **options):
    """A configuration that is right, not started."""
    return Gateway(folder, free_port(), free_port(), **options)


# the sanitizers' allocator has no such figures
IN_USE = r"^Memory in use: 0 kB" if SANITIZED else r"^Memory in use: [1-9]\d* kB of [1-9]\d* kB$"

COMMANDS = [
    ("show version", 0, r"^sipspan \d+\.\d+"),
    ("show version", 0, r"^Uptime is 0 days, 00:00:\d\d$"),
    ("show memory", 0, IN_USE),
    ("show version", 0, r"^Configuration file is .*sipspand\.conf$"),
    ("show call active", 0, r"^0 active calls$"),
    ("show call active brief", 0, r"^0 active calls$"),
    ("show call history", 0, r"^No call has ended yet\.$"),
    ("show call history 1", 1, r"^% There is no call 1\b"),
    ("show isdn status", 0, r"^ISDN Serial1:D interface$"),
    ("show isdn status", 0, r"^  Layer 2 Status:\n    down$"),
    ("show isdn status", 0, r"^    30 of 30 idle, none usable"),
    ("show dial-peer voice summary", 0, r"^Tag +Type +Admin +Oper +Destination pattern +Pref"),
    ("show dial-peer voice summary", 0, r"^100 +pots +up +port down +\.\.\.\.\$ +0 +0 +1:D$"),
    ("show dial-peer voice summary", 0, r"^200 +voip +up +up +2T +0 +0 +ipv4:127\.0\.0\.1:9$"),
    ("show dial-peer voice 200", 0, r"^  session target +ipv4:127\.0\.0\.1:9$"),
    ("show dial-peer voice", 0, r"^VoiceEncapPeer 100\n(.*\n)*VoiceEncapPeer 200$"),
    ("show dial-peer voice 300", 1, r"^% There is no dial peer 300\.$"),
    ("show span", 0, r"^controller e1 1$"),
    ("show span", 0, r"^  pseudowire from 127\.0\.0\.1:\d+ to 127\.0\.0\.1:\d+, 8 frames a packet$"),
    ("show span", 0, r"^  clock source line, A-law$"),
    ("show media", 0, r"^sipspan-media is process \d+"),
    ("show sip-ua service", 0, r"^  udp 127\.0\.0\.1:\d+"),
    ("show running-config", 0, r"^dial-peer voice 200 voip$"),
    ("show debugging", 0, r"^All debugging is off$"),
    ("debug ccsip messages", 0, r"^SIP messages debugging is on$"),
    ("debug isdn q931", 0, r"^ISDN Q.931 debugging is on$"),
    ("debug isdn q921", 0, r"^ISDN Q.921 debugging is on$"),
    ("show debugging", 0, r"^SIP messages .*\n.*Q\.931.*\n.*Q\.921 debugging is on$"),
    ("undebug all", 0, r"^All debugging is off$"),
    ("clear call 1", 1, r"^% There is no call 1\.$"),
    ("csim start 0001", 1, r"^released: cause 34 \("),
    ("csim start 99999999", 1, r"^released: cause 1 \("),
    ("show call history", 0, r"^Call +Began +Duration +Calling +Called"),
    ("show call history 1", 0, r"^  Ended +34 "),
    ("configure terminal", 1, r"^% The file .* is the configuration"),
    ("list", 0, r"csim start NUMBER"),
    ("sh ver", 0, r"^sipspan "),
    ("no such command", 1, r'^% Unknown command: "no such command"'),
    ("show", 1, r'^% Incomplete command: "show"'),
]


def test_every_command_answers(lonely):
    wrong = []
    for text, status, pattern in COMMANDS:
        done = lonely.command(text, check=False)
        if done.returncode != status or not re.search(pattern, done.stdout, re.MULTILINE):
            wrong.append(f"{text}: status {done.returncode}, no {pattern!r} in\n{done.stdout}")
    assert not wrong, "\n".join(wrong)


def test_running_config_reads_back(lonely, folder):
    text = lonely.command("show running-config")
    again = folder / "again.conf"
    again.write_text(text)
    run(SIPSPAN, "check", again)
    lonely.stop()
    with Gateway(folder, 0, 0, name="again", text=text) as other:
        wait_until("console", other.listens)
        assert other.command("show running-config") == text


def test_commands_from_a_pipe(lonely):
    done = subprocess.run([str(SIPSPAN), "-s", str(lonely.socket)], timeout=120, text=True,
                          input="show version\n\n! a comment\nshow call active\nexit\nshow span\n",
                          stdout=subprocess.PIPE)
    assert done.returncode == 0
    assert "Uptime" in done.stdout and "0 active calls" in done.stdout
    assert "controller" not in done.stdout


def converse(argv, steps):
    """Types each second item when the first has been seen, on a terminal; returns what was seen, the
    exit status and whether the terminal was left as it had been."""
    master, slave = pty.openpty()
    before = termios.tcgetattr(slave)
    child = subprocess.Popen([str(word) for word in argv], stdin=slave, stdout=slave, stderr=slave)
    seen, at, deadline = "", 0, time.monotonic() + 20
    for expected, typed in steps:
        while not re.search(expected, seen[at:]):
            assert time.monotonic() < deadline, f"no {expected!r} in {seen!r}"
            if select.select([master], [], [], 0.1)[0]:
                seen += os.read(master, 4096).decode(errors="replace")
        at = len(seen)
        os.write(master, typed.encode())
    status = child.wait(10)
    same = termios.tcgetattr(slave) == before
    os.close(master)
    os.close(slave)
    return seen, status, same


def test_interactive_console(lonely):
    seen, status, same = converse(
        [SIPSPAN, "-s", lonely.socket],
        [("test# ", "show ?"), ("running-config", "version\r"), (r"Uptime[^#]*# ", "show call act\t\r"),
         ("0 active calls\r\n.*# ", "terminal monitor\r"), ("# ", "csim start 0001\r"),
         ("released: cause 34.*", "exit\r")])
    assert status == 0 and same
    assert "\xff" not in seen


def test_console_on_tcp(folder):
    port = free_port()
    gateway = prepared(folder)
    gateway.config.write_text(gateway.config.read_text() +
                              f"line vty\n bind 127.0.0.1 {port}\n password secret\n")
    with gateway:
        wait_until("console", gateway.listens)
        env = {**os.environ, "SIPSPAN_PASSWORD": "secret"}
        argv = [str(SIPSPAN), "-s", f"127.0.0.1:{port}", "show", "version"]
        done = subprocess.run(argv, env=env, timeout=120, text=True, capture_output=True)
        assert done.returncode == 0 and "Uptime" in done.stdout, done
        env["SIPSPAN_PASSWORD"] = "wrong"
        done = subprocess.run(argv, env=env, timeout=120, text=True, capture_output=True)
        assert done.returncode == 1 and "Bad password" in done.stderr, done
        assert "secret" not in gateway.text()


# ---- nothing is running

def test_no_gateway(folder):
    done = run(SIPSPAN, "-s", folder / "nobody", "show", "version", check=False)
    assert done.returncode == 1
    assert re.fullmatch(r"sipspan: cannot reach .*: sipspand is not running.*\n", done.stdout)


def test_no_gateway_on_tcp():
    done = run(SIPSPAN, "-s", f"127.0.0.1:{free_port()}", "show", "version", check=False)
    assert done.returncode == 1 and done.stdout.count("\n") == 1


def test_help_and_version_of_both_programs():
    for program in (SIPSPAN, SIPSPAND):
        assert run(program, "--help").startswith(f"Usage: {program.name} ")
        assert re.fullmatch(rf"{program.name} \d+\.\d+\.\d+\n", run(program, "--version"))


def test_unknown_option():
    for program in (SIPSPAN, SIPSPAND):
        done = run(program, "--nonsense", check=False)
        assert done.returncode == 1 and "--help" in done.stdout


def test_check_likes_a_good_file(folder):
    config = prepared(folder).config
    assert run(SIPSPAN, "check", config) == f"{config}: no errors\n"


BAD = [
    ("destination-pattern 2[\n", r":2: "),
    ("nonsense\n", r":2: "),
    ("session target nowhere:1\n", r":2: "),
]


@pytest.mark.parametrize("line, pattern", BAD)
def test_check_names_the_line(folder, line, pattern):
    config = folder / "bad.conf"
    config.write_text("dial-peer voice 7 voip\n " + line)
    done = run(SIPSPAN, "check", config, check=False)
    assert done.returncode == 1 and re.search(r"bad\.conf" + pattern, done.stdout), done.stdout


def test_check_lists_every_error(folder):
    config = folder / "bad.conf"
    config.write_text("what is this\ncontroller e1 900\ndial-peer voice 7 voip\n nonsense\n")
    done = run(SIPSPAN, "check", config, check=False)
    assert done.returncode == 1
    for number in (1, 2, 4):
        assert re.search(rf"^\S*bad\.conf:{number}: ", done.stdout, re.MULTILINE), done.stdout


def test_check_of_a_missing_file(folder):
    done = run(SIPSPAN, "check", folder / "missing.conf", check=False)
    assert done.returncode == 1 and "missing.conf" in done.stdout and done.stdout.count("\n") == 1


# ---- starts that must fail, with one sentence

def test_missing_file(folder):
    said = start_fails(folder, "-c", folder / "missing.conf", "-s", folder / "s")
    assert "missing.conf" in said and said.count("\n") == 1, said


def test_bad_configuration(folder):
    config = folder / "bad.conf"
    config.write_text("hostname gw\nnonsense\nmore nonsense\n")
    said = start_fails(folder, "-c", config, "-s", folder / "s")
    assert re.search(r"bad\.conf:2: .*\n.*bad\.conf:3: ", said), said


def last_sentence(said):
    """What is not a log line; exactly one."""
    lines = [line for line in said.splitlines() if line.startswith("sipspand: ")]
    assert len(lines) == 1, said
    return lines[0]


def test_busy_sip_port(folder):
    gateway = prepared(folder)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", gateway.sip_port))
        said = last_sentence(start_fails(folder, *gateway.argv[1:]))
    assert str(gateway.sip_port) in said


def test_busy_span_port(folder):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        gateway = Gateway(folder, port, free_port())
        said = last_sentence(start_fails(folder, *gateway.argv[1:]))
    assert str(port) in said and "controller 1" in said


def test_console_is_taken(lonely, folder):
    other = prepared(folder, name="other")
    said = last_sentence(start_fails(folder, "-c", other.config, "-s", lonely.socket))
    assert "another gateway" in said


def test_missing_media_program(folder):
    gateway = prepared(folder)
    said = last_sentence(start_fails(folder, *gateway.argv[1:], "--media", folder / "none"))
    assert "--media" in said


def test_no_folder_for_records(folder):
    gateway = prepared(folder)
    text = gateway.config.read_text().replace(str(gateway.records), "/nowhere/at/all.csv")
    gateway.config.write_text(text)
    assert "/nowhere/at/all.csv" in last_sentence(start_fails(folder, *gateway.argv[1:]))


def test_unknown_user(folder):
    gateway = prepared(folder)
    said = last_sentence(start_fails(folder, *gateway.argv[1:], "-u", "no-such-user"))
    assert "no-such-user" in said


# ---- signals

def test_term_ends_both(lonely):
    media = lonely.media_pid()
    lonely.child.send_signal(signal.SIGTERM)
    assert lonely.wait(10) == 0
    assert not lonely.socket.exists()
    assert not os.path.exists(f"/proc/{media}")


def test_hup_reopens_records(lonely):
    lonely.command("csim start 0001", check=False)
    lonely.call_records(1)
    rotated = lonely.records.with_suffix(".old")
    lonely.records.rename(rotated)
    lonely.child.send_signal(signal.SIGHUP)
    lonely.wait_for_line("opened anew")
    lonely.command("csim start 0001", check=False)
    assert len(lonely.call_records(1)) == 1
    assert len(rotated.read_text().splitlines()) == 2


def test_service_manager_is_told(folder):
    """READY, WATCHDOG and STOPPING, on a socket like systemd's."""
    with tempfile.TemporaryDirectory(prefix="sipspan-") as short, \
            socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        path = f"{short}/notify"  # a socket's path has at most 107 characters
        manager.bind(path)
        manager.settimeout(60)
        gateway = prepared(folder)
        gateway.env.update(NOTIFY_SOCKET=path, WATCHDOG_USEC="300000")
        with gateway:
            assert b"READY=1" in _told(manager, b"READY=1")
            for _ in range(3):
                _told(manager, b"WATCHDOG=1")
            gateway.child.send_signal(signal.SIGTERM)
            _told(manager, b"STOPPING=1")
            assert gateway.wait(10) == 0


def _told(manager, what):
    while True:
        message = manager.recv(4096)
        if what in message:
            return message
