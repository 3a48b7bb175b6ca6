# SPDX-License-Identifier: GPL-2.0-or-later
"""kill -9 of sipspan-media: no call is lost, and less than 300 ms of audio."""

import os
import signal

import numpy as np
import pytest

from compare import longest_gap_ms, read_wav
from harness.exchange import Exchange
from harness.gateway import Gateway
from harness.process import rtp_range, wait_until
from harness.rtp import RtpEnd, RtpEnds
from harness.sipp import (Sipp, ack, bye, invite, pause, provisional, recv, recv_ack, recv_request, reply,
                          sdp)
from harness.speech import decode, encode, tone

pytestmark = pytest.mark.audio
CALLS = 30
LIMIT_MS = 300
TONE = encode(tone(1000, 1.0))


def is_tone(payload):
    return len(payload) == 160 and np.abs(decode(payload)).max() > 4000


def kill_media(gateway):
    """Returns the process ids before and after."""
    old = gateway.media_pid()
    os.kill(old, signal.SIGKILL)
    new = wait_until("new media process", lambda: gateway.media_pid() not in (0, old) and gateway.media_pid())
    return old, new


def wait_for_tone(ends, seconds=10):
    """Until each end has heard 25 more packets with the tone."""
    seen = [len(end.heard) for end in ends]
    wait_until("tone on every call", lambda: all(
        sum(is_tone(h[4]) for h in end.heard[n:]) >= 25 for end, n in zip(ends, seen)), seconds)


def test_thirty_calls_from_sip_survive(folder, gateway):
    first = rtp_range()[0]
    ends = [RtpEnd(first + 2 * i, TONE) for i in range(CALLS)]
    sipp = Sipp(folder, [invite(sdp(port="[field0]")), provisional(), recv(200), ack(), pause(9000),
                         bye(), recv(200)], gateway.target, "0001", calls=CALLS, rate=30,
                fields=[(end.port,) for end in ends])
    with RtpEnds(ends) as rtp, sipp:
        gateway.wait_for_calls(CALLS)
        wait_for_tone(ends)
        kill_media(gateway)
        wait_for_tone(ends)
        assert gateway.active_calls() == CALLS
        sipp.finish()
        records = gateway.call_records(CALLS)
    gaps = sorted(end.longest_silence_ms(is_tone) for end in ends)
    print(f"longest gap of each call: {gaps[0]:.0f} to {gaps[-1]:.0f} ms; own clock late by {rtp.late_ms:.0f}")
    assert all(record["cause"] == "16" for record in records)
    assert gaps[-1] < LIMIT_MS


def test_streams_go_on_where_they_were(folder, gateway):
    """SSRC, sequence and timestamp of what the gateway sends go on: a receiver sees a gap, not a new
    source."""
    first = rtp_range()[0]
    ends = [RtpEnd(first, TONE)]
    sipp = Sipp(folder, [invite(sdp(port="[field0]")), provisional(), recv(200), ack(), pause(5000),
                         bye(), recv(200)], gateway.target, "0001", fields=[(first,)])
    with RtpEnds(ends), sipp:
        gateway.wait_for_calls(1)
        wait_for_tone(ends)
        kill_media(gateway)
        wait_for_tone(ends)
        sipp.finish()
    heard = ends[0].heard
    assert len(ends[0].sources) == 1
    steps = [(b[1] - a[1]) & 0xFFFF for a, b in zip(heard, heard[1:])]
    assert max(steps) < 50 and min(steps) >= 1
    jumps = [(b[2] - a[2]) & 0xFFFFFFFF for a, b in zip(heard, heard[1:])]
    assert max(jumps) < 8 * LIMIT_MS + 160


def test_calls_from_the_pstn_survive(folder, spans):
    """The exchange records what it hears of a steady tone."""
    count = 5
    first = rtp_range()[0]
    ends = [RtpEnd(first + 2 * i, TONE) for i in range(count)]
    steps = [recv_request("INVITE"), reply("180 Ringing"),
             reply("200 OK", sdp(port="[field0]"), retrans=True), recv_ack(),
             recv_request("BYE", timeout_ms=30000), reply("200 OK", in_dialog=True)]
    sipp = Sipp(folder, steps, calls=count, fields=[(end.port,) for end in ends])
    with RtpEnds(ends), sipp:
        with Gateway(folder, *spans, target=f"ipv4:127.0.0.1:{sipp.port}") as gateway:
            with Exchange(folder, spans[1], spans[0], "--call", "4085550123", "2001999", "--count", count,
                          "--rate", "10", "--hold", "6", "--record", folder / "heard.wav") as caller:
                gateway.wait_for_calls(count)
                wait_until("media on every call", lambda: all(len(end.heard) > 50 for end in ends))
                kill_media(gateway)
                caller.finish()
            sipp.finish()
            assert [record["cause"] for record in gateway.call_records(count)] == ["16"] * count
    recordings = sorted(folder.glob("heard*.wav"))
    assert len(recordings) == count
    gaps = [longest_gap_ms(read_wav(path)) for path in recordings]
    print("gaps heard by the exchange, ms:", gaps)
    assert max(gaps) < LIMIT_MS
