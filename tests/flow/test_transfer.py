# SPDX-License-Identifier: GPL-2.0-or-later
"""A telephone on the SIP side transfers calls of the telephone network; the exchange and its subscribers
are at the other end of the span."""

import pytest

from harness.exchange import Exchange
from harness.gateway import Gateway
from harness.process import wait_until
from harness.sip_phone import SipPhone
from harness.speech import assert_all_heard, encode, make_speech, read_wav

TEXT = "The birch canoe slid."
LEAD_MS = 2000  # nobody speaks before the transfer is over


@pytest.fixture
def phone():
    with SipPhone() as running:
        yield running


@pytest.fixture
def line(folder, spans, phone):
    """Numbers that begin with 2 are at the telephone."""
    with Gateway(folder, *spans, target=f"ipv4:127.0.0.1:{phone.port}") as gateway:
        phone.gateway = gateway.target
        wait_until("console", gateway.listens)
        yield gateway


def caller(folder, spans, *arguments):
    """One of the exchange, which has subscribers too, calls the telephone."""
    return Exchange(folder, *reversed(spans), "--call", "4085550123", "2001200", *arguments)


def call_of(phone):
    return wait_until("call to the telephone",
                      lambda: next((c for c in phone.calls_of("2001200") if c.state == "up"), None), 20, 0.02)


def services(gateway, count):
    return {record["services"] for record in gateway.call_records(count)}


@pytest.mark.audio
def test_two_calls_become_one_and_both_hear_each_other(folder, spans, line, phone):
    """Subscriber 0001 sends back what he hears."""
    said, heard = make_speech(folder / "said.wav", TEXT, LEAD_MS), folder / "heard.wav"
    with caller(folder, spans, "--play", said, "--record", heard) as exchange:
        first = call_of(phone)
        second = phone.dial("0001")
        phone.wait_for_status(second, 200)
        phone.refer(first, "0001", second)
        phone.wait_for_notify(first, 200)
        wait_until("end of the telephone's calls", lambda: first.state == second.state == "ended", 5, 0.02)
        exchange.finish()
    assert_all_heard(encode(read_wav(said)), encode(read_wav(heard)))
    assert services(line, 2) == {"joined"}


def test_blind_transfer_to_another_subscriber(folder, spans, line, phone):
    with caller(folder, spans, "--hold", "2") as exchange:
        first = call_of(phone)
        phone.refer(first, "0001")
        phone.wait_for_notify(first, 200)
        assert first.notified[0] == 100 and 180 in first.notified
        wait_until("end of the telephone's call", lambda: first.state == "ended", 5, 0.02)
        line.wait_for_calls(1)
        exchange.finish()
    to_phone, to_subscriber = sorted(line.call_records(2), key=lambda record: record["called"], reverse=True)
    assert (to_subscriber["called"], to_subscriber["cause"]) == ("0001", "16")
    assert to_subscriber["calling"].endswith("4085550123")


def test_who_is_busy_gives_the_caller_back(folder, spans, line, phone):
    with caller(folder, spans, "--hold", "20", "--expect-cause", "16") as exchange:
        first = call_of(phone)
        phone.refer(first, "0003")
        phone.wait_for_notify(first, 486)
        assert first.state == "up"
        phone.hang_up(first)
        exchange.finish()


def test_busy_and_nobody_left_clears_the_caller(folder, spans, line, phone):
    with caller(folder, spans, "--hold", "20", "--expect-cause", "17") as exchange:
        first = call_of(phone)
        phone.refer(first, "0003")
        phone.hang_up(first)
        exchange.finish()


def test_the_exchange_joins_two_channels_of_its_own(folder, spans, phone):
    with Gateway(folder, *spans, target=f"ipv4:127.0.0.1:{phone.port}",
                 isdn_lines="isdn supp-service tbct") as gateway:
        phone.gateway = gateway.target
        wait_until("console", gateway.listens)
        with caller(folder, spans, "--hold", "20"):
            first = call_of(phone)
            phone.refer(first, "0001")
            phone.wait_for_notify(first, 200)
            gateway.wait_for_calls(0)
        assert any("transferred" in record["services"] for record in gateway.call_records(2))
