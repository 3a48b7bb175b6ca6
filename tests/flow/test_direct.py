# SPDX-License-Identifier: GPL-2.0-or-later
"""Calls from SIP to SIP whose far ends send each other their audio themselves."""

import contextlib
import os
import re
import signal
from types import SimpleNamespace

from harness.gateway import Gateway
from harness.process import free_port, wait_until
from harness.rtp import RtpEnd, RtpEnds
from harness.sip_phone import SipPhone
from harness.speech import decode, encode, level, tone

HERE_HZ, THERE_HZ = 1000, 600
PCMA = 8

POOL = """\
voice register global
 max-pool 1
 max-dn 10
 call-pickup **3
voice register pool 1
 id network 127.0.0.1 mask 255.255.255.255
 number 1 5....
 pickup-group 7
{lines}
"""
MANAGED = """\
call-manager-fallback
 call-manager 1 ipv4:127.0.0.1:{port}
 keepalive 100ms misses 2
 hold-down 100ms
"""


@contextlib.contextmanager
def telephones(folder, spans, lines="", more=""):
    """52001 calls 52200."""
    with contextlib.ExitStack() as stack:
        gateway = stack.enter_context(Gateway(
            folder, *spans, listen_lines="registrar server", pots_pattern="9T", voip_pattern="7T",
            blocks=POOL.format(lines=lines) + more))
        wait_until("console", gateway.listens)
        one, two = (stack.enter_context(SipPhone()) for _ in range(2))
        for phone, number in (one, "52001"), (two, "52200"):
            phone.gateway = gateway.target
            phone.register(number)
        ports = free_port(2), free_port(2)
        ends = RtpEnd(ports[0], encode(tone(HERE_HZ)), PCMA), RtpEnd(ports[1], encode(tone(THERE_HZ)), PCMA)
        stack.enter_context(RtpEnds(ends))
        two.next_rtp_port = ports[1]
        call = one.dial("52200", caller="52001", rtp_port=ports[0])
        one.wait_for_status(call, 200)
        incoming = wait_until("call", lambda: next(iter(two.calls_of("52200")), None))
        yield SimpleNamespace(gateway=gateway, one=one, two=two, call=call, incoming=incoming, ends=ends)


def hears(end, hz):
    """From now on half a second of that tone."""
    end.heard.clear()

    def look():
        octets = end.octets()[-4000:]
        return len(octets) == 4000 and level(decode(octets, "alaw"), hz) > -20
    wait_until(f"{hz} Hz", look)


def follow(talk):
    """Each sends where it was told last."""
    talk.ends[0].remote, talk.ends[1].remote = talk.call.remote_rtp, talk.incoming.remote_rtp


def go_around(talk):
    wait_until("addresses of each other", lambda: talk.call.remote_rtp == ("127.0.0.1", talk.ends[1].port) and
               talk.incoming.remote_rtp == ("127.0.0.1", talk.ends[0].port), 8, 0.02)
    follow(talk)
    wait_until("direct", lambda: "direct, between the far ends" in talk.gateway.command("show call active"), 5, 0.05)


def assert_direct(talk):
    for end, other in (talk.ends, talk.ends[::-1]):
        hears(end, THERE_HZ if end is talk.ends[0] else HERE_HZ)
        end.sources.clear()
    for end, other in (talk.ends, talk.ends[::-1]):
        wait_until("more of it", lambda end=end: end.sources)
        assert end.sources == {other.ssrc}


def test_telephones_send_each_other_their_audio(folder, spans):
    """The media process may die; hold leads back through the gateway, and its end around it again."""
    with telephones(folder, spans) as talk:
        go_around(talk)
        assert_direct(talk)
        before = talk.gateway.media_pid()
        os.kill(before, signal.SIGKILL)
        wait_until("another media process", lambda: talk.gateway.media_pid() not in (0, before))
        assert_direct(talk)
        talk.two.describe_again(talk.incoming, "sendonly")
        wait_until("hold", lambda: "a=sendonly" in talk.call.heard["INVITE"].body, 5, 0.02)
        assert talk.call.remote_rtp[1] != talk.ends[1].port
        talk.two.describe_again(talk.incoming, "sendrecv")
        go_around(talk)
        assert_direct(talk)
        talk.one.hang_up(talk.call)
        assert "media-direct" in talk.gateway.call_records(1)[0]["services"]


def test_who_joins_brings_it_back(folder, spans):
    """A third comes in: all three are heard through the gateway. When he goes the two are around it again."""
    with telephones(folder, spans) as talk:
        go_around(talk)
        far, near = (re.search("tag=([^;>]+)", value)[1] for value in (talk.call.remote, talk.call.local))
        talk.one.added["INVITE"] = [f"Join: {talk.call.call_id};to-tag={far};from-tag={near}"]
        joined = talk.one.dial("52001", caller="52001")
        talk.one.wait_for_status(joined, 200)
        wait_until("both at the gateway", lambda: not {talk.call.remote_rtp[1], talk.incoming.remote_rtp[1]} &
                   {end.port for end in talk.ends}, 5, 0.02)
        follow(talk)
        hears(talk.ends[0], THERE_HZ)
        hears(talk.ends[1], HERE_HZ)
        talk.one.hang_up(joined)
        go_around(talk)
        assert_direct(talk)


def third(talk, stack, number):
    """One more telephone, and where it hears."""
    phone = stack.enter_context(SipPhone())
    phone.gateway = talk.gateway.target
    phone.register(number)
    port = phone.next_rtp_port = free_port(2)
    return phone, port


def wait_for_addresses(one, one_port, two, two_port):
    wait_until("addresses of each other", lambda: (one.remote_rtp, two.remote_rtp) ==
               (("127.0.0.1", two_port), ("127.0.0.1", one_port)), 8, 0.02)


def only_call_of(phone, number):
    return wait_until("call", lambda: next(iter(phone.calls_of(number)), None), 5, 0.02)


def test_who_is_transferred_hears_the_next_one_directly(folder, spans):
    """Blindly, while the call is direct; and by two calls that are, both of the one who transfers."""
    with telephones(folder, spans) as talk, contextlib.ExitStack() as stack:
        phone, port = third(talk, stack, "53200")
        go_around(talk)
        talk.two.refer(talk.incoming, "53200")
        talk.two.wait_for_notify(talk.incoming, 200)
        new = only_call_of(phone, "53200")
        wait_for_addresses(talk.call, talk.ends[0].port, new, port)
        assert talk.incoming.state == "ended"
        last, last_port = third(talk, stack, "54200")
        second = phone.dial("54200", caller="53200")
        phone.wait_for_status(second, 200)
        at_last = only_call_of(last, "54200")
        wait_for_addresses(second, second.rtp_port, at_last, last_port)
        phone.refer(new, "54200", second)
        phone.wait_for_notify(new, 200)
        wait_for_addresses(talk.call, talk.ends[0].port, at_last, last_port)
        wait_until("their ends", lambda: new.state == second.state == "ended", 5, 0.02)
        talk.one.hang_up(talk.call)
        assert all("media-direct" in record["services"] for record in talk.gateway.call_records(3))


def test_a_transfer_while_the_audio_returns(folder, spans):
    """Held, and transferred at once, before the other one has been told where the gateway is."""
    with telephones(folder, spans) as talk, contextlib.ExitStack() as stack:
        phone, port = third(talk, stack, "53200")
        go_around(talk)
        talk.two.describe_again(talk.incoming, "sendonly")
        talk.two.refer(talk.incoming, "53200")
        talk.two.wait_for_notify(talk.incoming, 200)
        wait_for_addresses(talk.call, talk.ends[0].port, only_call_of(phone, "53200"), port)
        assert "a=sendrecv" in talk.call.heard["INVITE"].body


def test_call_pickup_has_direct_audio(folder, spans):
    """Who picks it up, not where it rang; and a call that is direct meanwhile stays so."""
    with telephones(folder, spans) as talk, contextlib.ExitStack() as stack:
        go_around(talk)
        desk, _ = third(talk, stack, "53180")
        picker, _ = third(talk, stack, "53001")
        picker_port = free_port(2)
        caller, caller_port = third(talk, stack, "53002")
        call = caller.dial("53180", caller="53002")
        caller.wait_for_status(call, 180)
        taken = picker.dial("**3", caller="53001", rtp_port=picker_port)
        picker.wait_for_status(taken, 200)
        caller.wait_for_status(call, 200)
        wait_for_addresses(call, caller_port, taken, picker_port)
        assert desk.calls_of("53180") == []
        assert talk.gateway.command("show call active").count("direct, between") == 2
        assert_direct(talk)


def test_fallback_comes_and_goes_and_leaves_it_alone(folder, spans):
    """Neither the state of the call managers nor that of the registrations touches a call."""
    with SipPhone() as manager:
        manager.options = None
        with telephones(folder, spans, more=MANAGED.format(port=manager.port)) as talk:
            def is_fallback(word):
                return f"Fallback: {word}" in talk.gateway.command("show call-manager-fallback")
            manager.gateway = talk.gateway.target
            go_around(talk)
            before = talk.call.heard["INVITE"], talk.incoming.heard["INVITE"]
            for options, fallback in (None, "yes"), (200, "no"), (None, "yes"):
                manager.options = options
                wait_until(f"fallback {fallback}", lambda fallback=fallback: is_fallback(fallback), 10, 0.05)
                assert_direct(talk)
            assert before == (talk.call.heard["INVITE"], talk.incoming.heard["INVITE"])
            assert "direct, between" in talk.gateway.command("show call active")


def test_a_pool_may_keep_its_audio_in_the_gateway(folder, spans):
    with telephones(folder, spans, " media flow-through") as talk:
        hears(talk.ends[0], THERE_HZ)
        hears(talk.ends[1], HERE_HZ)
        wait_until("time", lambda: len(talk.ends[0].heard) > 40)  # 0.8 s: it would have been told by now
        assert "INVITE" not in talk.call.heard
        assert talk.ends[0].sources != {talk.ends[1].ssrc}
        talk.one.hang_up(talk.call)
        assert talk.gateway.call_records(1)[0]["services"] == ""


def test_talk_goes_on_without_the_gateway(folder, spans):
    with telephones(folder, spans) as talk:
        go_around(talk)
        talk.gateway.kill()
        assert_direct(talk)
