# SPDX-License-Identifier: GPL-2.0-or-later
"""Telephones that are registered at several places, and groups of them: who rings, who has the call, and
what the others are told."""

import contextlib
import re
import time

import pytest

from harness.exchange import Exchange
from harness.gateway import Gateway
from harness.process import wait_until
from harness.sip_phone import SipPhone

LINES = """\
voice register global
 mode registrar
 max-pool 5
 max-dn 10
 timeouts sequential 1
 call-pickup **3
voice register pool 1
 id network 127.0.0.1 mask 255.255.255.255
 number 1 200.
 pickup-group 7
voice register pool 2
 id network 127.0.0.1 mask 255.255.255.255
 number 1 300.
voice hunt-group 1 parallel
 pilot 5000
 list 2001, 0001
voice hunt-group 2 sequential
 pilot 5001
 list 2001, 2002
 timeout 1
 final 2003
"""


@pytest.fixture
def site(folder, spans):
    """The gateway, and a way to have phones."""
    with contextlib.ExitStack() as stack:
        gateway = stack.enter_context(Gateway(folder, *spans, listen_lines="registrar server",
                                              voip_pattern="7T", blocks=LINES))
        wait_until("console", gateway.listens)

        def phone(number, q="1.0"):
            new = stack.enter_context(SipPhone())
            new.gateway = gateway.target
            new.register(number, q)
            return new

        gateway.phone = phone
        yield gateway


def call_at(phone, number):
    return wait_until(f"call to {number}", lambda: next(iter(phone.calls_of(number)), None), 5, 0.02)


def elsewhere(call):
    wait_until("end of a call that another one has", lambda: call.state == "ended", 5, 0.02)
    assert re.search(r'SIP;cause=200;text="Call completed elsewhere"', call.reason), call.reason


def test_two_contacts_ring_and_one_answers(site):
    caller, desk, mobile = site.phone("2000"), site.phone("2001"), site.phone("2001")
    call = caller.dial("2001", caller="2000")
    at_desk, at_mobile = call_at(desk, "2001"), call_at(mobile, "2001")
    desk.respond(at_desk, 180)
    mobile.respond(at_mobile, 180)
    caller.wait_for_status(call, 180)
    mobile.answer(at_mobile)
    caller.wait_for_status(call, 200)
    elsewhere(at_desk)
    assert at_desk.heard["CANCEL"].all("reason")[1].startswith("Q.850;cause=26;")
    caller.hang_up(call)
    wait_until("BYE", lambda: at_mobile.state == "ended", 5, 0.02)


def test_lower_q_rings_when_time_is_up(site):
    caller, desk, mobile = site.phone("2000"), site.phone("2001"), site.phone("2001", "0.5")
    began = time.monotonic()
    call = caller.dial("2001", caller="2000")
    at_desk = call_at(desk, "2001")
    desk.respond(at_desk, 180)
    mobile.answer(call_at(mobile, "2001"))
    rang = next(at for at, _, line in mobile.log if line.startswith("INVITE "))
    assert rang - began >= 1.0  # timeouts sequential
    caller.wait_for_status(call, 200)
    wait_until("CANCEL", lambda: at_desk.state == "ended", 5, 0.02)
    assert "cause=200" not in at_desk.reason and "Q.850;cause=19" in at_desk.reason


def test_a_group_of_a_telephone_and_a_number_of_the_telephone_network(site, folder, spans):
    """Subscriber 0001 answers."""
    caller, desk = site.phone("2000"), site.phone("2001")
    with Exchange(folder, *reversed(spans)) as exchange:
        site.wait_until_up(exchange)
        call = caller.dial("5000", caller="2000")
        at_desk = call_at(desk, "2001")
        desk.respond(at_desk, 180)
        caller.wait_for_status(call, 200)
        elsewhere(at_desk)
        caller.hang_up(call)
        site.wait_for_calls(0)
    shown = site.command("show voice hunt-group 1")
    assert "calls 1, answered 1, by final 0" in shown and ", pilot 5" in shown and "$" not in shown


def test_a_group_one_after_another(site):
    caller, first, second, last = (site.phone(number) for number in ("2000", "2001", "2002", "2003"))
    call = caller.dial("5001", caller="2000")
    at_first = call_at(first, "2001")
    first.respond(at_first, 180)
    at_second = call_at(second, "2002")
    wait_until("CANCEL", lambda: at_first.state == "ended")
    second.respond(at_second, 180)
    last.answer(call_at(last, "2003"))
    caller.wait_for_status(call, 200)
    wait_until("CANCEL", lambda: at_second.state == "ended")
    assert "Q.850;cause=19" in at_second.reason
    assert "calls 1, answered 0, by final 1" in site.command("show voice hunt-group 2")


@pytest.mark.parametrize("code", ["**3", "**32001", "**35000"])
def test_call_pickup(site, code):
    """Of the group's call, of a number's, and of a hunt group's."""
    caller, desk, other = site.phone("2000"), site.phone("2001"), site.phone("2002")
    call = caller.dial("5000" if code.endswith("5000") else "2001", caller="2000")
    at_desk = call_at(desk, "2001")
    desk.respond(at_desk, 180)
    caller.wait_for_status(call, 180)
    taken = other.dial(code, caller="2002")
    other.wait_for_status(taken, 200)
    caller.wait_for_status(call, 200)
    elsewhere(at_desk)
    other.hang_up(taken)
    wait_until("end of the call", lambda: call.state == "ended", 5, 0.02)


@pytest.mark.parametrize("number, code", [("3000", "**3"), ("3000", "**32002"), ("2002", "**3")])
def test_nothing_to_pick_up(site, number, code):
    """Of another group; a number that does not ring; nothing rings."""
    caller, desk, other = site.phone("2000"), site.phone("2001"), site.phone(number)
    if number == "3000":
        call = caller.dial("2001", caller="2000")
        desk.respond(call_at(desk, "2001"), 180)
        caller.wait_for_status(call, 180)
    taken = other.dial(code, caller=number)
    wait_until("refusal", lambda: taken.state == "ended", 5, 0.02)
    assert taken.status == 404


def test_all_refuse(site):
    caller, desk, mobile = site.phone("2000"), site.phone("2001"), site.phone("2001")
    call = caller.dial("2001", caller="2000")
    desk.respond(call_at(desk, "2001"), 480)
    mobile.respond(call_at(mobile, "2001"), 486)
    wait_until("refusal", lambda: call.state == "ended", 5, 0.02)
    assert call.status in (480, 486)
