# SPDX-License-Identifier: GPL-2.0-or-later
"""Two gateways of a site on one Redis: either can die in the middle of calls, and so can Redis. Telephones of
both, an exchange behind each of them. The last three digits of a number say what its telephone does
(harness/sip_phone.py)."""

import contextlib
import re
import time
import wave

import numpy as np
import pytest

from harness.exchange import Exchange
from harness.gateway import Gateway
from harness.process import free_port, wait_until
from harness.redis import REDIS, Redis
from harness.rtp import RtpEnd, RtpEnds
from harness.sip_phone import SipPhone
from harness.sip_stream import Listener, connect, respond
from harness.span import of_pseudowires, span_pair
from harness.speech import encode, tone

pytestmark = [pytest.mark.audio, of_pseudowires, pytest.mark.skipif(not REDIS, reason="no redis-server")]

SITE = """\
hostname {name}
location store redis {redis}
voice register global
 mode registrar
voice register pool 1
 id network 127.0.0.1 mask 255.255.255.255
 number 1 5....
"""
PCMA = 8
STORE_S = 0.5  # for an answer of Redis
MARGIN_S = 1.0  # of a crowded machine
GAP_MS = 500  # without a packet; a crowded machine has some of its own


class Site:
    def __init__(self, folder, stack):
        self.folder, self.stack = folder, stack
        self.redis = stack.enter_context(Redis(folder))
        self.spans = {name: span_pair() for name in ("alpha", "beta")}
        self.alpha, self.beta = (stack.enter_context(self.gateway(name)) for name in ("alpha", "beta"))
        self.ready(self.alpha)
        self.ready(self.beta)

    def gateway(self, name):
        return Gateway(self.folder, *self.spans[name], name=name, pots_pattern="9T", voip_pattern="7T",
                       listen_lines="registrar server expires max 600 min 5",
                       blocks=SITE.format(name=name, redis=self.redis.address))

    @staticmethod
    def ready(gateway, after=0):
        gateway.wait_for_line(r"Redis .*: connected", after=after)
        wait_until("console", gateway.listens)

    def exchange(self, name, *arguments, what):
        return Exchange(self.folder, *reversed(self.spans[name]), *arguments, name=what)

    def phone(self, gateway, number, expires=600):
        new = self.stack.enter_context(SipPhone())
        new.gateway = gateway.target
        new.register(number, expires=expires)
        return new


@pytest.fixture
def site(folder):
    with contextlib.ExitStack() as stack:
        yield Site(folder, stack)


def known(gateway):
    """Numbers that are registered."""
    return sorted(re.findall(r"^ +(5\d{4}) .* registered ", gateway.command("show voice register all"), re.MULTILINE))


def call_at(phone, number, seconds=8, but=()):
    return wait_until(f"call to {number}", lambda: next((one for one in phone.calls_of(number) if one not in but), None),
                      seconds, 0.005)


def call(caller, callee, number, gateway):
    """A whole call through this gateway, wherever the two have registered; seconds to the INVITE and to the 200."""
    before, others = (caller.gateway, callee.gateway), callee.calls_of(number)
    caller.gateway = callee.gateway = gateway.target
    began = time.monotonic()
    placed = caller.dial(number)
    incoming = call_at(callee, number, but=others)
    invite = time.monotonic() - began
    caller.wait_for_status(placed, 200)
    answered = time.monotonic() - began
    wait_until("the call", lambda: incoming.state == "up", 5, 0.005)
    caller.hang_up(placed)
    wait_until("end of the call", lambda: incoming.state == "ended", 5, 0.005)
    caller.gateway, callee.gateway = before
    return invite, answered


def register_by_tcp(gateway, number, listener):
    """Its connection to the gateway; it is called at the listener if that is gone."""
    connection = connect(gateway.target)
    connection.send(["REGISTER sip:127.0.0.1 SIP/2.0", f"Via: SIP/2.0/TCP {connection.local};branch=z9hG4bK1",
                     "Max-Forwards: 70", f"From: <sip:{number}@127.0.0.1>;tag=1", f"To: <sip:{number}@127.0.0.1>",
                     "Call-ID: tcp", "CSeq: 1 REGISTER",
                     f"Contact: <sip:{number}@127.0.0.1:{listener.port};transport=tcp>;expires=600"])
    connection.expect("SIP/2.0 200")
    return connection


def call_by_tcp(caller, number, listener):
    """Seconds to its INVITE."""
    began = time.monotonic()
    placed = caller.dial(number)
    with listener.accept() as connection:
        invite = connection.expect("INVITE")
        seconds = time.monotonic() - began
        respond(connection, invite, "486 Busy Here")
        connection.expect("ACK")
    wait_until("refusal", lambda: placed.state == "ended", 5)
    assert placed.status == 486
    return seconds


def longest_gap_ms(end, since, until):
    times = [arrival for arrival, *_ in end.heard if since <= arrival <= until]
    assert len(times) > 10
    return 1000 * max(b - a for a, b in zip(times, times[1:]))


def longest_silence_ms(file):
    """Between the first sound and the last."""
    with wave.open(str(file)) as recording:
        samples = np.frombuffer(recording.readframes(recording.getnframes()), "<i2").astype(float)
    loud = [np.sqrt(np.mean(samples[at:at + 80] ** 2)) > 500 for at in range(0, len(samples) - 80, 80)]
    places = [place for place, is_loud in enumerate(loud) if is_loud]
    return 10 * max(b - a for a, b in zip(places, places[1:])), 10 * len(places)


def test_a_gateway_is_killed(site, sentence):
    alpha, beta, folder = site.alpha, site.beta, site.folder
    desk, office, lobby = (site.phone(alpha, number) for number in ("51200", "52200", "53200"))
    away, brief = site.phone(alpha, "55180"), site.phone(alpha, "56180")
    at_beta = site.phone(beta, "54200")
    listener = site.stack.enter_context(Listener())
    site.stack.enter_context(register_by_tcp(alpha, "57000", listener))
    everybody = ["51200", "52200", "53200", "54200", "55180", "56180", "57000"]
    left = ["51200", "52200", "53200", "54200", "57000"]  # in the end
    for gateway in alpha, beta:
        wait_until("all telephones", lambda: known(gateway) == everybody, 5, 0.05)

    # through either, wherever they have registered
    for gateway in alpha, beta:
        call(desk, at_beta, "54200", gateway)
        call(at_beta, desk, "51200", gateway)

    ports = free_port(2), free_port(2)
    ends = [RtpEnd(port, encode(tone(1000)), PCMA) for port in ports]
    heard = folder / "heard.wav"
    with RtpEnds(ends), \
            site.exchange("alpha", "--call", "4085550101", "51200", "--hold", "60", what="town-alpha"), \
            site.exchange("beta", "--call", "4085550102", "54200", "--play", sentence, "--record", heard,
                          "--hold", "7", what="town-beta") as town:
        desk.next_rtp_port, at_beta.next_rtp_port = ports
        lost, kept = call_at(desk, "51200", 20), call_at(at_beta, "54200", 20)
        wait_until("both calls", lambda: lost.state == kept.state == "up" and all(end.heard for end in ends), 10)
        began = time.monotonic()
        brief.register("56180", expires=5)  # is over before alpha is back
        brief_until = time.monotonic() + 5
        alpha.kill()

        # what alpha's telephones are called by now is beta: at once
        office.gateway = lobby.gateway = beta.target
        invite, answered = call(lobby, office, "52200", beta)
        by_tcp = call_by_tcp(lobby, "57000", listener)
        moved = time.monotonic()
        desk.gateway = beta.target
        desk.register("51200")
        moved = time.monotonic() - moved
        away.gateway = beta.target
        away.register("55180", expires=0)
        wait_until("end of a registration", lambda: time.monotonic() > brief_until, 10)

        # and back
        said, back = len(alpha.text()), time.monotonic()
        alpha.start()
        site.ready(alpha, said)
        wait_until("telephones of alpha", lambda: known(alpha) == left, 5, 0.02)
        back = time.monotonic() - back
        assert known(beta) == left
        call(lobby, desk, "51200", alpha)
        town.finish()
        wait_until("end of the call", lambda: kept.state == "ended", 5)
        gap = longest_gap_ms(ends[1], began, time.monotonic() - 1)
    silence, sound = longest_silence_ms(heard)
    print(f"\nalpha is killed: a call of beta has gaps of {gap:.0f} ms at the telephone, {silence} ms at the exchange; "
          f"a telephone of alpha is called by beta {1000 * invite:.0f} ms after the INVITE, answers after "
          f"{1000 * answered:.0f} ms; one by TCP {1000 * by_tcp:.0f} ms; another registers at beta in {1000 * moved:.0f} ms; alpha knows all "
          f"{1000 * back:.0f} ms after its start")
    assert gap < GAP_MS and silence < GAP_MS and sound > 5000
    assert invite < MARGIN_S and by_tcp < MARGIN_S and moved < MARGIN_S


def register(phone, number, status):
    """Seconds to that answer."""
    began = time.monotonic()
    phone.register(number, status=status)
    return time.monotonic() - began


def until_registered(gateway, phone, number, said):
    began = time.monotonic()
    gateway.wait_for_line(r"Redis .*: connected", after=said)
    phone.register(number)
    return time.monotonic() - began


def test_redis_is_killed(site):
    alpha, beta, redis = site.alpha, site.beta, site.redis
    desk, lobby = site.phone(alpha, "51200"), site.phone(beta, "53200")
    office, new = site.phone(alpha, "52200"), site.phone(alpha, "54180")
    ports = free_port(2), free_port(2)
    ends = [RtpEnd(port, encode(tone(1000)), PCMA) for port in ports]
    with RtpEnds(ends):
        lobby.gateway = alpha.target
        lobby.next_rtp_port = ports[1]
        placed = desk.dial("53200", rtp_port=ports[0])
        desk.wait_for_status(placed, 200)
        wait_until("audio", lambda: all(end.heard for end in ends))
        began = time.monotonic()

        redis.be_silent()
        silent, then = register(new, "54180", 503), register(new, "54180", 503)
        call(new, office, "52200", alpha)  # calls go on
        said = len(alpha.text())
        redis.go_on()
        awake = until_registered(alpha, new, "54180", said)

        redis.kill()
        killed = register(new, "54180", 503)
        call(new, office, "52200", beta)
        said = len(alpha.text()), len(beta.text())
        redis.start()
        restored = until_registered(alpha, new, "54180", said[0])
        beta.wait_for_line(r"Redis .*: connected", after=said[1])
        gaps = [longest_gap_ms(end, began, time.monotonic()) for end in ends]
        desk.hang_up(placed)

    # it had forgotten all: who knows what beta knew, if not from there?
    said = len(alpha.text())
    alpha.kill()
    alpha.start()
    site.ready(alpha, said)
    wait_until("all telephones", lambda: known(alpha) == ["51200", "52200", "53200", "54180"], 5, 0.05)
    print(f"\nRedis is silent: 503 after {1000 * silent:.0f} ms, then after {1000 * then:.0f} ms; 200 {1000 * awake:.0f} ms after "
          f"it goes on. Killed: 503 after {1000 * killed:.0f} ms, 200 {1000 * restored:.0f} ms after its start. A call has gaps of "
          f"{max(gaps):.0f} ms")
    assert STORE_S / 2 < silent < STORE_S + MARGIN_S and then < MARGIN_S and killed < MARGIN_S
    assert max(gaps) < GAP_MS
