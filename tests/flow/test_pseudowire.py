# SPDX-License-Identifier: GPL-2.0-or-later
"""A pseudowire that loses, swaps and stops."""

import re

import pytest

from harness.exchange import Exchange
from harness.gateway import Gateway
from harness.process import wait_until
from harness.sipp import ack, bye, call, invite, pause, provisional, recv
from harness.wire import Wire

CALL = [invite(), provisional(), recv(200), ack(), pause(500), bye(), recv(200)]


@pytest.fixture
def wired(folder):
    """A gateway and an exchange with a wire between them."""
    with Wire() as wire:
        with Exchange(folder, wire.c, wire.d) as exchange:
            with Gateway(folder, wire.a, wire.b) as gateway:
                yield wire, gateway.wait_until_up(exchange)


def test_calls_go_on_over_a_bad_wire(folder, wired):
    wire, gateway = wired
    wire.loss, wire.swap = 0.004, 0.05
    for i in range(3):
        call(folder, gateway.target, "0001", CALL, name=f"sipp{i}", seconds=60)
    wire.loss = wire.swap = 0.0
    for counter in ("packets lost", "packets reordered"):
        wait_until(f"count of {counter}",
                   lambda: re.search(rf"{counter} +[1-9]", gateway.command("show span")), 5)


def test_a_cut_wire_is_an_alarm_and_clears(folder, wired):
    wire, gateway = wired
    wire.cut = True
    wait_until("alarm", lambda: "LOS" in gateway.command("show span"), 10)
    refused = [invite(), recv(100, optional=True), recv(503)]
    call(folder, gateway.target, "0001", refused, name="refused")
    wire.cut = False
    wait_until("end of the alarm", lambda: "LOS" not in gateway.command("show span"), 10)
    wait_until("D channel", gateway.isdn_up, 30)
    call(folder, gateway.target, "0001", CALL, name="again")
