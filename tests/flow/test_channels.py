# SPDX-License-Identifier: GPL-2.0-or-later
"""Orders for B channels on the console of a gateway that runs."""

import pytest

from harness.exchange import Exchange
from harness.gateway import Gateway
from harness.process import free_port, wait_until


@pytest.fixture(scope="module")
def gateway(tmp_path_factory):
    folder = tmp_path_factory.mktemp("channels")
    span = free_port(), free_port()
    with Exchange(folder, *reversed(span)) as exchange, Gateway(folder, *span) as gateway:
        yield gateway.wait_until_up(exchange)


def wait_for_status(gateway, text):
    wait_until(f"{text} in show isdn status", lambda: text in gateway.command("show isdn status"), 10, 0.1)


def test_channel_goes_out_of_service_and_back(gateway):
    said = gateway.command("isdn service 1/31 state 2")
    assert "no SERVICE message" in said  # EuroISDN
    wait_for_status(gateway, "1/31       out of service (operator)")
    gateway.command("isdn service 1:D state 1")
    wait_for_status(gateway, "1/17-31    out of service (operator, maintenance)")
    gateway.command("isdn service 1:D state 0")
    wait_for_status(gateway, "30 of 30 idle")


def test_idle_channels_are_restarted(gateway):
    gateway.command("isdn restart 1:D")
    wait_for_status(gateway, "30 of 30 idle")
    assert gateway.text().count("restarted") >= 30
