# SPDX-License-Identifier: GPL-2.0-or-later
"""A call from one SIP neighbour to another: each has one law of its own."""

import struct

import pytest

from harness.gateway import Gateway
from harness.process import free_port, wait_until
from harness.rtp import RtpEnd, RtpEnds
from harness.sip_phone import SipPhone
from harness.speech import decode, encode, level, tone

HERE_HZ, THERE_HZ = 1000, 600
PCMU, PCMA, EVENT = 0, 8, 101


class Sides:
    """here calls there through the gateway."""

    def __init__(self, folder, spans):
        self.here, self.there = SipPhone(), SipPhone()
        self.here.codecs, self.there.codecs = f"{PCMU} {EVENT}", f"{PCMA} {EVENT}"
        self.gateway = Gateway(folder, *spans, target=f"ipv4:127.0.0.1:{self.there.port}",
                               service_lines="allow-connections sip to sip")
        self.here.gateway = self.there.gateway = self.gateway.target
        self.ports = free_port(2), free_port(2)
        self.parts = [self.here, self.there, self.gateway]

    def __enter__(self):
        for part in self.parts:
            part.__enter__()
        wait_until("console", self.gateway.listens)
        return self

    def __exit__(self, *what):
        for part in reversed(self.parts):
            part.__exit__(*what)

    def call(self, number):
        """The call as both see it."""
        self.there.next_rtp_port = self.ports[1]
        call = self.here.dial(number, rtp_port=self.ports[0])
        return call, wait_until("the call there", lambda: next(iter(self.there.calls_of(number)), None))

    def ends(self):
        return (RtpEnd(self.ports[0], encode(tone(HERE_HZ), "ulaw"), PCMU),
                RtpEnd(self.ports[1], encode(tone(THERE_HZ)), PCMA))


@pytest.fixture
def sides(folder, spans):
    with Sides(folder, spans) as running:
        yield running


def hears(end, law, hz):
    """The last half second is that tone."""
    def look():
        octets = end.octets()[-4000:]
        return len(octets) == 4000 and level(decode(octets, law), hz) > -20
    wait_until(f"{hz} Hz", look)


def test_each_hears_the_other_in_its_own_law(sides):
    here, there = ends = sides.ends()
    with RtpEnds(ends):
        call, _ = sides.call("2001200")
        sides.here.wait_for_status(call, 200)
        hears(there, "alaw", HERE_HZ)
        hears(here, "ulaw", THERE_HZ)
        assert {h[3] for h in here.heard} == {PCMU} and {h[3] for h in there.heard} == {PCMA}
        sides.here.hang_up(call)
    sides.gateway.wait_for_calls(0)


def test_early_media_is_heard_before_the_answer(sides):
    here, there = ends = sides.ends()
    with RtpEnds(ends):
        call, incoming = sides.call("2001183")
        sides.here.wait_for_status(call, 183)
        assert 183 in call.described
        there.remote = incoming.remote_rtp  # nobody speaks to it yet
        hears(here, "ulaw", THERE_HZ)
        sides.there.answer(incoming)
        sides.here.wait_for_status(call, 200)
        hears(there, "alaw", HERE_HZ)
        sides.there.hang_up(incoming)
        wait_until("end of the call", lambda: call.state == "ended")


def test_digits_pass_as_events(sides):
    here, there = ends = sides.ends()
    with RtpEnds(ends):
        call, _ = sides.call("2001200")
        sides.here.wait_for_status(call, 200)
        hears(there, "alaw", HERE_HZ)
        here.play = b""
        for n in range(8):  # 5, with three packets that end it (RFC 4733 2.5.1.4)
            head = EVENT | (0x80 if n == 0 else 0)
            volume = 10 | (0x80 if n > 4 else 0)
            here.send(head, here.timestamp, struct.pack("!BBH", 5, volume, 160 * min(n + 1, 6)))
        wait_until("event 5", lambda: {h[4][0] for h in there.heard if h[3] == EVENT} == {5})
        sides.here.hang_up(call)
