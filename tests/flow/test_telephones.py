# SPDX-License-Identifier: GPL-2.0-or-later
"""Telephones that are registered at the gateway call each other and the telephone network, and are called
from there; there is no call manager. The last three digits of a number say what its telephone does
(harness/sip_phone.py)."""

import contextlib
import json
import re
import socket
import time

import pytest

from harness.exchange import Exchange
from harness.gateway import Gateway
from harness.process import BUILD, free_port, run, wait_until
from harness.rtp import RtpEnd, RtpEnds
from harness.sip_phone import Message, SipPhone
from harness.site import wait_for_fallback
from harness.speech import decode, encode, level, tone
from harness.watcher import Watcher

HERE_HZ, THERE_HZ = 1000, 600
PCMA = 8

BLOCKS = """\
emergency 112
dial-peer cor custom
 name outside
dial-peer cor list inside-only
dial-peer cor list outside
 member outside
dial-peer voice 112 pots
 destination-pattern 112
 corlist outgoing outside
 port 1:D
 prefix 0001
dial-peer voice 113 voip
 destination-pattern 112
 session target ipv4:127.0.0.1:9
dial-peer voice 80 pots
 destination-pattern 8T
 corlist outgoing outside
 port 1:D
voice register global
 max-pool 5
 max-dn 20
{register}
voice register pool 1
 id network 127.0.0.1 mask 255.255.255.255
 number 1 52...
 corlist incoming inside-only
voice register pool 2
 id network 127.0.0.1 mask 255.255.255.255
 number 1 54...
 call-forward b2bua busy 90001
 call-forward b2bua noan 52200 timeout 3
 call-forward b2bua unreachable 90001
voice register pool 3
 id network 127.0.0.1 mask 255.255.255.255
 number 1 55...
 call-forward b2bua all 90001
voice register pool 4
 id network 127.0.0.1 mask 255.255.255.255
 number 1 56...
 call-forward b2bua all 57001
voice register pool 5
 id network 127.0.0.1 mask 255.255.255.255
 number 1 57...
 call-forward b2bua all 56001
call-manager-fallback
 dialplan-pattern 1 408335.... extension-length 5 extension-pattern 5....
 alias 1 60... to 52200
 after-hours block pattern 1 9000[3-9] 7-24
 after-hours block pattern 2 112 7-24
 after-hours block pattern 3 69004 7-24
 default-destination 52200
"""
NO_ANSWER_S = 3


@pytest.fixture
def telephones(request, folder, spans):
    """The gateway, and a way to have telephones."""
    register = getattr(request, "param", "")
    with contextlib.ExitStack() as stack:
        gateway = stack.enter_context(Gateway(
            folder, *spans, listen_lines="registrar server", service_lines="media flow-through",
            pots_pattern="9T", voip_pattern="7T", blocks=BLOCKS.format(register=register)))
        wait_until("console", gateway.listens)

        def phone(number):
            new = stack.enter_context(SipPhone())
            new.gateway = gateway.target
            new.register(number)
            return new

        gateway.phone = phone
        yield gateway


def call_at(phone, number):
    return wait_until(f"call to {number}", lambda: next(iter(phone.calls_of(number)), None), 8, 0.02)


def ended(*calls):
    wait_until("end of the calls", lambda: all(call.state == "ended" for call in calls), 5, 0.02)


def user(message, header):
    return re.search(r"sip:([^@;>]*)", message.get(header))[1]


def hears(end, hz):
    """The last half second is that tone."""
    def look():
        octets = end.octets()[-4000:]
        return len(octets) == 4000 and level(decode(octets, "alaw"), hz) > -20
    wait_until(f"{hz} Hz", look)


def refused(caller, call, status):
    wait_until("refusal", lambda: call.state == "ended", 5, 0.02)
    assert call.status == status


def test_a_telephone_calls_another(telephones):
    """Both hear each other; one holds the other, and comes back."""
    one, two = telephones.phone("52001"), telephones.phone("52200")
    ports = free_port(2), free_port(2)
    ends = RtpEnd(ports[0], encode(tone(HERE_HZ)), PCMA), RtpEnd(ports[1], encode(tone(THERE_HZ)), PCMA)
    with RtpEnds(ends):
        two.next_rtp_port = ports[1]
        call = one.dial("52200", caller="52001", rtp_port=ports[0])
        one.wait_for_status(call, 200)
        incoming = call_at(two, "52200")
        assert user(incoming.heard["INVITE"], "from") == "52001"
        hears(ends[1], HERE_HZ)
        hears(ends[0], THERE_HZ)
        two.describe_again(incoming, "sendonly")
        wait_until("hold", lambda: "a=sendonly" in call.heard.get("INVITE", call.last).body, 5, 0.02)
        wait_until("answer to it", lambda: "200" in incoming.heard, 5, 0.02)
        two.describe_again(incoming, "sendrecv")
        wait_until("retrieval", lambda: "a=sendonly" not in call.heard["INVITE"].body, 5, 0.02)
        hears(ends[0], THERE_HZ)
        one.hang_up(call)
        ended(incoming)
    said = telephones.command("show call history")
    assert "52001" in said and "52200" in said


def test_a_telephone_has_an_e164_number(telephones):
    """It is called by that, and by an alias; the caller is shown as an extension."""
    one, two = telephones.phone("54001"), telephones.phone("52200")
    for number in "4083352200", "60123":
        call = one.dial(number, caller="4083354001")
        one.wait_for_status(call, 200)
        incoming = call_at(two, "52200")
        assert user(incoming.heard["INVITE"], "from") == "54001"
        one.hang_up(call)
        ended(incoming)


def test_telephones_and_the_telephone_network(folder, spans, telephones):
    with Exchange(folder, *reversed(spans), name="callee") as exchange:
        telephones.wait_until_up(exchange)
        one = telephones.phone("54001")
        call = one.dial("90001", caller="54001")
        one.wait_for_status(call, 200)
        exchange.wait_for_line("call from 4083354001 to 0001", 5)
        one.hang_up(call)
        exchange.wait_for_calls_to_end()
    one = telephones.phone("52200")
    for number in "4083352200", "3333":  # nobody's: to the default destination
        with Exchange(folder, *reversed(spans), "--call", "2125550100", number, "--hold", "1") as exchange:
            incoming = wait_until("call", lambda: next(iter(one.calls_of("52200")), None), 20, 0.02)
            assert user(incoming.heard["INVITE"], "from") == "2125550100"
            exchange.finish()
        ended(incoming)


def test_who_may_call_whom(folder, spans, telephones):
    """The pool's class of restriction counts, but not when a telephone calls for help."""
    with Exchange(folder, *reversed(spans)) as exchange:
        telephones.wait_until_up(exchange)
        one = telephones.phone("52001")
        refused(one, one.dial("80001", caller="52001"), 404)
        call = one.dial("112", caller="52001")
        one.wait_for_status(call, 200)
        one.hang_up(call)
        exchange.wait_for_line("call from 4083352001 to 0001", 5)
        other = telephones.phone("54001")
        refused(other, other.dial("90004", caller="54001"), 403)
        call = other.dial("80001", caller="54001")
        other.wait_for_status(call, 200)
        other.hang_up(call)
        exchange.wait_for_calls_to_end()


def test_telephones_that_do_not_take_calls(folder, spans, telephones):
    """They go to the telephone network, with the number of who diverts."""
    with Exchange(folder, *reversed(spans)) as exchange:
        telephones.wait_until_up(exchange)
        caller = telephones.phone("52001")
        telephones.phone("54486")
        telephones.phone("55001")
        for number, reason in ("54486", "busy"), ("54777", "out of order"), ("55001", "unconditional"):
            call = caller.dial(number, caller="52001")
            caller.wait_for_status(call, 200)
            exchange.wait_for_line(f"diverted by 408335{number[1:]}.{{2}}{reason}", 5)
            caller.hang_up(call)
        exchange.wait_for_calls_to_end()


@pytest.mark.parametrize("telephones", ["call-manager-fallback\n voicemail 90001"], indirect=True)
def test_voicemail_hears_whose_box_it_is(folder, spans, telephones):
    with Exchange(folder, *reversed(spans)) as exchange:
        telephones.wait_until_up(exchange)
        caller = telephones.phone("52001")
        telephones.phone("52486")
        call = caller.dial("52486", caller="52001")
        caller.wait_for_status(call, 200)
        exchange.wait_for_line("diverted by 4083352486.{2}busy", 5)
        caller.hang_up(call)
        exchange.wait_for_calls_to_end()


BOX = """ max-pool 6
voice register pool 6
 id network 127.0.0.1 mask 255.255.255.255
 number 1 58...
 call-forward b2bua noan 90001 timeout 3
call-manager-fallback
 call-manager 1 ipv4:127.0.0.1:9
 keepalive 100ms misses 1
 voicemail 90001"""


@pytest.mark.parametrize("telephones", [BOX], indirect=True, ids=["box"])
def test_voicemail_takes_in_fallback_what_nobody_answers(folder, spans, telephones):
    """With the number and the reason, in the SETUP, of the telephone that was called, by whatever number."""
    with Exchange(folder, *reversed(spans)) as exchange:
        telephones.wait_until_up(exchange)
        wait_for_fallback(telephones, True)
        caller, ringing = telephones.phone("52001"), telephones.phone("58180")
        begun = time.monotonic()
        calls = [caller.dial(number, caller="52001") for number in ("58180", "4083358180")]
        wait_until("ringing", lambda: len(ringing.calls_of("58180")) == 2, 5, 0.02)
        rung = ringing.calls_of("58180")
        for call in calls:
            caller.wait_for_status(call, 200, NO_ANSWER_S + 3)
        assert NO_ANSWER_S - 0.1 <= time.monotonic() - begun < NO_ANSWER_S + 2
        said = exchange.text()
        assert said.count("call from 4083352001 to 0001") == 2
        assert said.count("diverted by 4083358180 (no reply), 1 times") == 2
        ended(*rung)
        for call in calls:
            caller.hang_up(call)
        exchange.wait_for_calls_to_end()


LAMPS = """ max-pool 6
voice register pool 6
 id network 127.0.0.1 mask 255.255.255.255
 number 1 58...
 mwi"""


def tell_messages(gateway, number, waiting, sender="voicemail"):
    """NOTIFY of a server that nobody has asked; returns the status of the answer."""
    body = f"Messages-Waiting: {waiting}\r\nVoice-Message: 1/2\r\n"
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))
        port = server.getsockname()[1]
        server.settimeout(60)
        server.sendto("\r\n".join([
            f"NOTIFY sip:{number}@{gateway.target[0]}:{gateway.target[1]} SIP/2.0",
            f"Via: SIP/2.0/UDP 127.0.0.1:{port};branch=z9hG4bKn{port}", "Max-Forwards: 70",
            f"From: <sip:{sender}@127.0.0.1>;tag=n{port}", f"To: <sip:{number}@127.0.0.1>", f"Call-ID: n{port}",
            "CSeq: 1 NOTIFY", f"Contact: <sip:{sender}@127.0.0.1:{port}>", "Event: message-summary",
            "Subscription-State: active", "Content-Type: application/simple-message-summary",
            f"Content-Length: {len(body)}", "", body]).encode(), gateway.target)
        return Message(server.recv(65536).decode()).status


@pytest.mark.parametrize("telephones", [LAMPS], indirect=True)
def test_lamps_of_messages_waiting(telephones):
    """A telephone that has subscribed is told; one of a pool with mwi in any case, and when it comes later; the
    server may name the number as E.164. Telephones light no lamps of others."""
    asks, lamp = telephones.phone("52001"), telephones.phone("58001")
    with Watcher(telephones, "52001", "message-summary", user="52001") as watcher:
        assert watcher.subscribe().status == 200
        watcher.expect("active", "Messages-Waiting: no")
        assert tell_messages(telephones, "4083352001", "yes") == 200
        watcher.expect("active", "Messages-Waiting: yes", "Voice-Message: 1/2")
    assert tell_messages(telephones, "4083358001", "yes") == 200
    wait_until("lamp", lambda: lamp.unasked, 5, 0.02)
    assert lamp.unasked[0].get("event") == "message-summary" and "Messages-Waiting: yes" in lamp.unasked[0].body
    assert tell_messages(telephones, "58001", "no") == 200
    wait_until("lamp", lambda: "Messages-Waiting: no" in lamp.unasked[-1].body, 5, 0.02)
    assert tell_messages(telephones, "58002", "yes") == 200
    late = telephones.phone("58002")
    wait_until("lamp", lambda: late.unasked, 5, 0.02)
    assert "Messages-Waiting: yes" in late.unasked[0].body
    assert tell_messages(telephones, "58001", "yes", sender="52001") == 403
    assert not asks.unasked and len(lamp.unasked) == 2


@pytest.mark.parametrize("telephones", ["call-manager-fallback\n access-code pri 6"], indirect=True)
def test_an_access_code_is_there_in_fallback_alone(folder, spans, telephones):
    """The code is not sent; COR, after-hours and emergency numbers hold as for any dial peer."""
    with Exchange(folder, *reversed(spans)) as exchange, \
            socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as manager:
        telephones.wait_until_up(exchange)
        one = telephones.phone("54001")
        call = one.dial("690001", caller="54001")
        one.wait_for_status(call, 200)
        exchange.wait_for_line("call from 4083354001 to 90001", 5)
        one.hang_up(call)
        exchange.wait_for_calls_to_end()
        assert "dial-peer 300001" in explain(telephones, "690001", "--from", "telephone:54001")
        assert "300001" not in explain(telephones, "690001", "--from", "1:D", check=False).stdout
        refused(one, one.dial("69004", caller="54001"), 403)  # after-hours
        # a call manager that says nothing is suspect at first: there
        manager.bind(("127.0.0.1", 0))
        text = telephones.config.read_text().replace(
            " access-code pri 6", f" access-code pri 6\n call-manager 1 ipv4:127.0.0.1:{manager.getsockname()[1]}")
        telephones.config.write_text(text)
        telephones.command("reload")
        assert "Fallback: no" in telephones.command("show call-manager-fallback")
        refused(one, one.dial("690001", caller="54001"), 404)
        assert "access-code: for telephones, while no call manager is there" in \
            explain(telephones, "690001", "--from", "telephone:54001", check=False).stdout


def test_nobody_takes_the_call(telephones):
    """Another telephone does, after the time that was said; nobody, if each sends it to the other."""
    caller, ringing, other = map(telephones.phone, ("52001", "54180", "52200"))
    call = caller.dial("54180", caller="52001")
    begun = time.monotonic()
    caller.wait_for_status(call, 180)
    first = call_at(ringing, "54180")
    caller.wait_for_status(call, 200, NO_ANSWER_S + 3)
    assert NO_ANSWER_S <= time.monotonic() - begun < NO_ANSWER_S + 7  # for a crowded machine
    ended(first)
    invite = call_at(other, "52200").heard["INVITE"]
    assert user(invite, "diversion") == "54180" and "no-answer" in invite.get("diversion")
    caller.hang_up(call)
    telephones.phone("56001")
    refused(caller, caller.dial("56001", caller="52001"), 404)


def test_a_telephone_transfers_to_another(telephones):
    """Blind, and to one that it has asked before."""
    one, two, three = map(telephones.phone, ("52001", "52200", "52099"))
    call = one.dial("52200", caller="52001")
    one.wait_for_status(call, 200)
    incoming = call_at(two, "52200")
    two.refer(incoming, "52099")
    arrived = call_at(three, "52099")
    three.answer(arrived)
    two.wait_for_notify(incoming, 200)
    ended(incoming)
    assert call.state == arrived.state == "up"
    one.hang_up(call)
    ended(arrived)

    call = one.dial("52200", caller="52001")
    one.wait_for_status(call, 200)
    incoming = call_at(two, "52200")
    second = two.dial("52099", caller="52200")
    arrived = call_at(three, "52099")
    three.answer(arrived)
    two.wait_for_status(second, 200)
    two.refer(incoming, "52099", second)
    two.wait_for_notify(incoming, 200)
    ended(incoming, second)
    assert call.state == arrived.state == "up"
    one.hang_up(call)
    ended(arrived)


def explain(gateway, *words, check=True):
    return run(BUILD / "sipspan", "-s", gateway.socket, "explain", *words, check=check)


def test_the_console_knows_telephones(telephones):
    for number in "52001", "52200":
        telephones.phone(number)
    assert re.search(r"^40001 +voip +up +up +telephones .* voice register pool 1$",
                     telephones.command("show dial-peer voice summary"), re.MULTILINE)
    said = explain(telephones, "60123", "--from", "telephone:52001")
    assert "call to 60123 from 52001, telephone 52001" in said
    assert "inbound dial-peer 40001 by registered telephone" in said
    assert "registered telephone 52200, dial-peer 40001 of voice register pool 1: called 52200, calling 52001" in said
    assert "called number 3333 -> 52200: default-destination" in explain(telephones, "3333", "--from", "1:D")
    assert json.loads(explain(telephones, "4083352200", "--json"))["candidates"] == [
        {"tag": 40001, "kind": "voip", "target": "phone", "telephone": "52200", "send": "52200", "calling": ""}]
    assert "52002: it is not registered" in \
        explain(telephones, "1", "--from", "telephone:52002", check=False).stdout


@pytest.mark.parametrize("telephones", [" redirect mode"], indirect=True)
def test_a_telephone_is_told_where_the_other_one_is(telephones):
    one, two = telephones.phone("52001"), telephones.phone("52200")
    call = one.dial("52200", caller="52001")
    refused(one, call, 302)
    assert call.last.get("contact") == f"<sip:52200@127.0.0.1:{two.port}>;q=1.000"
    assert not two.calls_of("52200", open_only=False)
