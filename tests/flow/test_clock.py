# SPDX-License-Identifier: GPL-2.0-or-later
"""Somebody sets the clock of the machine: the timers of calls and of watched servers do not follow it."""

import platform
import socket
from pathlib import Path

import pytest

from harness.gateway import Gateway
from harness.process import SANITIZED, free_port, wait_until
from harness.sip_phone import SipPhone

FAKETIME = Path("/usr/lib") / f"{platform.machine()}-linux-gnu" / "faketime" / "libfaketimeMT.so.1"
SILENT = "4085550177"
HOUR = 3600
BLOCKS = """\
call-manager-fallback
 call-manager 1 ipv4:127.0.0.1:{manager}
 keepalive 200ms misses 3
dial-peer voice 300 voip
 destination-pattern {silent}
 session target ipv4:127.0.0.1:{port}
"""

pytestmark = pytest.mark.skipif(SANITIZED, reason="the sanitizers want to be the first library")


class Clock:
    """The time of day as the gateway sees it."""

    def __init__(self, folder):
        self.file = folder / "clock"
        self.shift = 0
        self.move(0)

    def move(self, seconds):
        self.shift += seconds
        self.file.write_text(f"{self.shift:+d}\n")

    def environment(self):
        return {"LD_PRELOAD": str(FAKETIME), "FAKETIME_TIMESTAMP_FILE": str(self.file), "FAKETIME_NO_CACHE": "1",
                "DONT_FAKE_MONOTONIC": "1"}


class Silent:
    """Hears INVITE and answers nothing."""

    def __init__(self):
        self.port = free_port()
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", self.port))
        self.socket.setblocking(False)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def wait_for_more(self, count):
        for number in range(count):
            wait_until(f"INVITE {number + 1} of {count}", self._hears, 5)

    def _hears(self):
        try:
            return self.socket.recv(65536).startswith(b"INVITE ")
        except BlockingIOError:
            return False


def wait_for_more_options(manager, count):
    def received():
        with manager.lock:
            return sum(1 for _, way, line in manager.log if way == "<-" and line.startswith("OPTIONS "))

    before = received()
    wait_until(f"{count} more OPTIONS", lambda: received() >= before + count, 5)


@pytest.mark.parametrize("seconds", [-HOUR, HOUR])
def test_timers_run_on_when_the_clock_is_set(folder, spans, exchange, seconds):
    clock = Clock(folder)
    with SipPhone() as manager, SipPhone() as caller, Silent() as silent:
        gateway = Gateway(folder, *spans, service_lines="allow-connections sip to sip",
                          blocks=BLOCKS.format(manager=manager.port, silent=SILENT, port=silent.port))
        gateway.env.update(clock.environment())
        manager.gateway = caller.gateway = gateway.target
        with gateway:
            gateway.wait_until_up(exchange)
            wait_for_more_options(manager, 2)
            call = caller.dial(SILENT)
            silent.wait_for_more(1)
            clock.move(seconds)
            silent.wait_for_more(2)  # timer A of RFC 3261: after 0.5 and 1.5 s
            wait_for_more_options(manager, 3)
            assert not [status for status in call.statuses if status >= 200], "timer B is 32 s by any clock"
            caller.hang_up(call)
