# SPDX-License-Identifier: GPL-2.0-or-later
"""Conferences of telephones and of the telephone network: each party says a tone of his own, and hears those
of the others."""

import contextlib
import os
import re
import signal
import statistics
import struct

import pytest

from harness.exchange import Exchange
from harness.gateway import Gateway
from harness.process import free_port, wait_until
from harness.rtp import RtpEnd, RtpEnds
from harness.sip_phone import SipPhone
from harness.speech import decode, encode, level, read_wav, tone, write_wav

PCMU, PCMA, EVENT = 0, 8, 101
LAWS = {PCMU: "ulaw", PCMA: "alaw"}
HZ = 500, 700, 1100
HEARD_DB, SILENT_DB = -14, -45  # a tone is said at -9

BLOCKS = """\
voice register global
 max-pool 5
 max-dn 20
voice register pool 1
 id network 127.0.0.1 mask 255.255.255.255
 number 1 52...
 dtmf-relay rtp-nte
call-manager-fallback
 conference factory 8000
 maximum conference-participants 3
{more}
"""


class Party:
    """A registered telephone, and one end of audio that says a tone."""

    def __init__(self, phone, end):
        self.phone, self.end = phone, end

    def hears(self, others, silent=()):
        """From now on: 300 ms have the tones of the others, and those that are silent not."""
        begin = len(self.end.octets())

        def look():
            samples = decode(self.end.octets()[begin:][-2400:], LAWS[self.end.payload_type])
            return (len(samples) == 2400 and all(level(samples, hz) > HEARD_DB for hz in others) and
                    all(level(samples, hz) < SILENT_DB for hz in silent))
        wait_until(f"{others} Hz without {silent}", look, 10, 0.05)


@pytest.fixture
def site(request, folder, spans):
    """The gateway, and a way to have parties."""
    with contextlib.ExitStack() as stack:
        gateway = stack.enter_context(Gateway(
            folder, *spans, listen_lines="registrar server", service_lines="media flow-through",
            pots_pattern="9T", voip_pattern="7T",
            blocks=BLOCKS.format(more=getattr(request, "param", ""))))
        wait_until("console", gateway.listens)

        def party(number, hz, payload_type=PCMA):
            phone = stack.enter_context(SipPhone())
            phone.gateway, phone.codecs = gateway.target, f"{payload_type} {EVENT}"
            phone.register(number)
            end = RtpEnd(free_port(), encode(tone(hz, amplitude=8000), LAWS[payload_type]), payload_type)
            stack.enter_context(RtpEnds([end]))
            return Party(phone, end)

        gateway.party = party
        yield gateway


def call_at(phone, number):
    return wait_until(f"call to {number}", lambda: next(iter(phone.calls_of(number)), None), 20, 0.02)


def ended(*calls):
    wait_until("end of the calls", lambda: all(call.state == "ended" for call in calls), 5, 0.02)


def connect(party, number, other, caller="52001", rtp_port=None):
    """A call of one to another, who hears it with his end. Both sides of it."""
    call = party.phone.dial(number, caller=caller, rtp_port=rtp_port)
    incoming = call_at(other.phone, number)
    incoming.rtp_port = other.end.port
    other.phone.answer(incoming)
    party.phone.wait_for_status(call, 200)
    return call, incoming


def dial_factory(party, number="8000", caller="52001"):
    focus = party.phone.dial(number, caller=caller, rtp_port=party.end.port)
    party.phone.wait_for_status(focus, 200)
    assert focus.last.get("contact").endswith(";isfocus")
    return focus


def parties(gateway, count):
    wait_until(f"{count} parties", lambda: f", {count} parties;" in gateway.command("show conference"), 5, 0.05)


def kill_media(gateway):
    old = gateway.media_pid()
    os.kill(old, signal.SIGKILL)
    wait_until("new media process", lambda: gateway.media_pid() not in (0, old))


def test_a_telephone_joins_its_calls(folder, spans, site):
    """It has one to the telephone network and one to a telephone, calls the factory, and refers both calls
    to it. One telephone speaks mu-law. The media process is killed meanwhile."""
    said, heard = folder / "said.wav", folder / "heard.wav"
    write_wav(said, tone(HZ[0], 30, 8000))
    one, two = site.party("52001", HZ[1]), site.party("52002", HZ[2], PCMU)
    with Exchange(folder, *reversed(spans), "--call", "2125550100", "52001", "--play", said, "--record", heard,
                  "--hold", "60", "--expect-cause", "16") as exchange:
        to_pstn = call_at(one.phone, "52001")
        one.phone.answer(to_pstn)
        wait_until("answer", lambda: to_pstn.heard.get("ACK"), 5, 0.02)
        one.phone.describe_again(to_pstn, "sendonly")
        to_phone, at_two = connect(one, "52002", two)
        focus = dial_factory(one)
        for call in to_pstn, to_phone:
            focus.notified.clear()
            one.phone.refer(focus, "52001", replaces=call)
            one.phone.wait_for_notify(focus, 200)
        ended(to_pstn, to_phone)
        assert "isfocus" in wait_until("news of the focus", lambda: at_two.heard["INVITE"] is not at_two.invite and
                                       at_two.heard["INVITE"].get("contact"), 5, 0.02)
        parties(site, 3)
        one.hears([HZ[0], HZ[2]], [HZ[1]])
        two.hears([HZ[0], HZ[1]], [HZ[2]])
        kill_media(site)
        one.hears([HZ[0], HZ[2]], [HZ[1]])
        two.hears([HZ[0], HZ[1]], [HZ[2]])
        two.phone.hang_up(at_two)
        one.hears([HZ[0]], [HZ[1], HZ[2]])
        one.phone.hang_up(focus)
        exchange.finish()
    samples = read_wav(heard)
    pieces = samples[:len(samples) // 800 * 800].reshape(-1, 800)
    both = [piece for piece in pieces if level(piece, HZ[1]) > HEARD_DB and level(piece, HZ[2]) > HEARD_DB]
    assert len(both) >= 3 and statistics.median(level(piece, HZ[0]) for piece in both) < SILENT_DB
    assert ["conference" in record["services"] for record in site.call_records(3)] == [True] * 3
    assert "0 conferences, 0 parties; 1 begun, 0 refused" in site.command("show conference")


def test_others_are_referred_to_the_conference(site):
    """One by its dialog with the telephone, one by the focus that calls it; the fourth finds no room."""
    one, two, three = (site.party(f"5200{i + 1}", hz) for i, hz in enumerate(HZ))
    focus = dial_factory(one)
    number = re.search(r"sip:([^@]+)@", focus.target)[1]
    to_two, at_two = connect(one, "52002", two)
    one.phone.refer(to_two, number)
    one.phone.wait_for_notify(to_two, 200)
    ended(to_two)
    one.hears([HZ[1]])
    three.phone.next_rtp_port = three.end.port
    one.phone.refer(focus, "52003")
    at_three = call_at(three.phone, "52003")
    three.phone.respond(at_three, 180)
    one.phone.wait_for_notify(focus, 180)
    three.phone.answer(at_three)
    one.phone.wait_for_notify(focus, 200)
    for i, party in enumerate((one, two, three)):
        party.hears([hz for hz in HZ if hz != HZ[i]], [HZ[i]])
    two.phone.describe_again(at_two, "sendonly")  # what he plays meanwhile is not for all
    one.hears([HZ[2]], [HZ[1]])
    two.phone.describe_again(at_two, "sendrecv")
    one.hears([HZ[1], HZ[2]])
    fourth = one.phone.dial(number, caller="52004")
    wait_until("refusal", lambda: fourth.state == "ended", 5, 0.02)
    assert fourth.status == 486
    one.phone.hang_up(focus)  # the others go on
    two.hears([HZ[2]], [HZ[0]])
    three.phone.hang_up(at_three)
    ended(at_two)


def test_a_third_joins_a_call(site):
    """By Join, and goes; the call is what it was before."""
    one, two, three = (site.party(f"5200{i + 1}", hz) for i, hz in enumerate(HZ))
    call, incoming = connect(one, "52002", two, rtp_port=one.end.port)
    one.hears([HZ[1]])
    far, near = (re.search("tag=([^;>]+)", value)[1] for value in (call.remote, call.local))
    nobody, replaced = (f"{name}: nobody@127.0.0.1;to-tag=1;from-tag=2" for name in ("Join", "Replaces"))
    for lines, status in (([nobody], 481), ([nobody, nobody], 400), ([nobody, replaced], 481),
                          (["Join: nobody"], 400), (["Join:"], 400)):
        three.phone.added["INVITE"] = lines
        stray = three.phone.dial("52001", caller="52003")
        wait_until("refusal", lambda: stray.state == "ended", 5, 0.02)
        assert stray.status == status, lines
    for _ in range(2):
        three.phone.added["INVITE"] = [f"Join: {call.call_id};to-tag={far};from-tag={near}"]
        three.end.remote = None  # a new stream: where it speaks to is learnt from what it hears
        three.end.heard.clear()
        joined = three.phone.dial("52001", caller="52003", rtp_port=three.end.port)
        three.phone.wait_for_status(joined, 200)
        for i, party in enumerate((one, two, three)):
            party.hears([hz for hz in HZ if hz != HZ[i]], [HZ[i]])
        three.phone.hang_up(joined)
        parties(site, 0)
        one.hears([HZ[1]], [HZ[2]])
        two.hears([HZ[0]], [HZ[2]])
        wait_until("no focus", lambda: "isfocus" not in call.heard["INVITE"].get("contact"), 5, 0.02)
    one.phone.hang_up(call)
    ended(incoming)


def test_who_was_joined_may_go(site):
    one, two, three = (site.party(f"5200{i + 1}", hz) for i, hz in enumerate(HZ))
    call, incoming = connect(one, "52002", two, rtp_port=one.end.port)
    far, near = (re.search("tag=([^;>]+)", value)[1] for value in (call.remote, call.local))
    three.phone.added["INVITE"] = [f"Join: {call.call_id};to-tag={far};from-tag={near}"]
    joined = three.phone.dial("52001", caller="52003", rtp_port=three.end.port)
    three.phone.wait_for_status(joined, 200)
    two.hears([HZ[0], HZ[2]])
    one.phone.hang_up(call)
    two.hears([HZ[2]], [HZ[0]])
    three.hears([HZ[1]], [HZ[0]])
    parties(site, 0)
    two.phone.hang_up(incoming)
    ended(joined)


def test_digits_are_nobody_elses(site):
    """Telephone-events are not passed on."""
    one, two = site.party("52001", HZ[0]), site.party("52002", HZ[1])
    focus = dial_factory(one)
    number = re.search(r"sip:([^@]+)@", focus.target)[1]
    dial_factory(two, number, "52002")
    two.hears([HZ[0]])
    begin, seen = one.end.timestamp + 160, len(two.end.heard)
    for duration in range(160, 1600, 160):
        one.end.send(EVENT, begin, struct.pack("!BBH", 5, 10, duration))
    for _ in range(3):
        one.end.send(EVENT, begin, struct.pack("!BBH", 5, 0x8A, 1600))
    wait_until("the digit", lambda: "digit 5" in site.command("show call history 1"), 5, 0.05)
    wait_until("more audio", lambda: len(two.end.heard) > seen + 20, 5, 0.05)
    assert {h[3] for h in two.end.heard} == {PCMA}


@pytest.mark.parametrize("site", [" conference per-telephone 1"], indirect=True)
def test_a_telephone_has_so_many_conferences_at_once(site):
    """By the factory and by Join; it may be in others', and begin another when its own has ended."""
    one, two, three = (site.party(f"5200{i + 1}", hz) for i, hz in enumerate(HZ))
    focus = dial_factory(one)

    def refused(call, status):
        wait_until("refusal", lambda: call.state == "ended", 5, 0.02)
        assert call.status == status

    refused(one.phone.dial("8000", caller="52001"), 486)
    call, incoming = connect(two, "52003", three, "52002")
    far, near = (re.search("tag=([^;>]+)", value)[1] for value in (call.remote, call.local))
    one.phone.added["INVITE"] = [f"Join: {call.call_id};to-tag={far};from-tag={near}"]
    refused(one.phone.dial("52002", caller="52001"), 488)
    others = dial_factory(two, caller="52002")
    in_it = one.phone.dial(re.search(r"sip:([^@]+)@", others.target)[1], caller="52001")
    one.phone.wait_for_status(in_it, 200)
    assert "2 conferences, 3 parties; 2 begun, 2 refused" in site.command("show conference")
    one.phone.hang_up(focus)
    parties(site, 2)
    one.phone.hang_up(dial_factory(one))
    for caller, ongoing in (one, in_it), (two, others), (two, call):
        caller.phone.hang_up(ongoing)
    ended(incoming)
