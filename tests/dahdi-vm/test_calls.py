# SPDX-License-Identifier: GPL-2.0-or-later
"""Calls over real DAHDI channels. In the guest: scripts/dahdi-vm /usr/bin/python3 -m pytest THIS."""

import os
import re
import signal

import numpy as np
import pytest

from compare import compare, read_wav
from harness.baresip import Baresip
from harness.exchange import Exchange
from harness.gateway import Gateway
from harness.process import rtp_range, wait_until
from harness.rtp import RtpEnd, RtpEnds
from harness.sipp import Sipp, ack, bye, invite, pause, provisional, recv, sdp
from harness.span import Card
from harness.speech import decode, encode, follow_octets, tone

CALLS = 30
GAP_MS = 300
TONE = encode(tone(1000, 1.0))


@pytest.fixture
def spans():
    return Card(1), Card(2)


def is_tone(payload):
    return len(payload) == 160 and np.abs(decode(payload)).max() > 4000


def wait_for_tone(ends, seconds=30):
    seen = [len(end.heard) for end in ends]
    wait_until("tone on every call", lambda: all(
        sum(is_tone(h[4]) for h in end.heard[n:]) >= 25 for end, n in zip(ends, seen)), seconds)


def phones(folder, gateway, ends, to, seconds):
    return Sipp(folder, [invite(sdp(port="[field0]")), provisional(), recv(200), ack(),
                         pause(seconds * 1000), bye(), recv(200)], gateway.target, to,
                calls=len(ends), rate=10, fields=[(end.port,) for end in ends])


def test_speech_comes_back_over_a_channel(folder, gateway, speech):
    with Baresip(folder, speech, codecs="pcma") as phone:
        phone.dial(f"sip:0001@127.0.0.1:{gateway.sip_port}")
        phone.wait_for_event("CALL_CLOSED", 60)
        result = compare(read_wav(speech), read_wav(phone.heard()), "alaw")
    print(result)
    assert result["correlation"] >= 0.999 and result["lost_ms"] == 0, result
    assert result["delay_ms"] < 200
    assert gateway.call_records(1)[-1]["packets_lost"] == "0"


def test_speech_goes_both_ways(folder, spans, speech):
    """The exchange calls: what it says and what it hears are both what was said."""
    with Baresip(folder, speech, codecs="pcma", user="2001999") as phone:
        with Gateway(folder, *spans, target=f"ipv4:127.0.0.1:{phone.port}"):
            heard = folder / "exchange-heard.wav"
            with Exchange(folder, spans[1], spans[0], "--call", "4085550123", "2001999", "--play",
                          speech, "--record", heard, "--hold", "12") as caller:
                phone.wait_for_event("CALL_ESTABLISHED", 30)
                caller.finish()
            phone.wait_for_event("CALL_CLOSED")
            for recording in (heard, phone.heard()):
                result = compare(read_wav(speech), read_wav(recording), "alaw")
                print(recording.name, result)
                assert result["correlation"] >= 0.999 and result["lost_ms"] == 0, result


def noise(count, seed):
    return encode(np.random.default_rng(seed).integers(-9000, 9000, count).astype(float))


def test_thirty_calls_carry_every_octet(folder, gateway):
    """Each call its own noise; the channel's far end sends it back bit for bit."""
    first = rtp_range()[0]
    ends = [RtpEnd(first + 2 * i, noise(80000, i)) for i in range(CALLS)]
    with RtpEnds(ends) as rtp, phones(folder, gateway, ends, "0001", 12) as sipp:
        gateway.wait_for_calls(CALLS, 30)
        wait_until("4 s of echo on every call", lambda: all(len(end.heard) > 250 for end in ends), 30)
        sipp.finish()
        records = gateway.call_records(CALLS, 30)
    assert all(record["cause"] == "16" for record in records)
    delays = []
    for end in ends:
        delay, changes, damaged = follow_octets(end.play, end.octets())
        delays.append(delay / 8)
        assert damaged / len(end.play) < 0.02 and len(changes) <= 8, (end.port, changes, damaged)
    print(f"delay {min(delays):.0f} to {max(delays):.0f} ms; own clock late by {rtp.late_ms:.0f}")
    status = gateway.command("show isdn status")
    assert "30 of 30 idle" in status, status
    wait_until("D channel frames counted", lambda: re.search(
        r" [1-9]\d* D-Channel Frames Received, [1-9]\d* Sent, 0 in Error",
        gateway.command("show controllers")))


def test_calls_outlive_the_media_process(folder, gateway):
    first = rtp_range()[0]
    ends = [RtpEnd(first + 2 * i, TONE) for i in range(CALLS)]
    with RtpEnds(ends) as rtp, phones(folder, gateway, ends, "0001", 15) as sipp:
        gateway.wait_for_calls(CALLS, 30)
        wait_for_tone(ends)
        old = gateway.media_pid()
        os.kill(old, signal.SIGKILL)
        wait_until("new media process", lambda: gateway.media_pid() not in (0, old))
        wait_for_tone(ends)
        assert gateway.active_calls() == CALLS
        sipp.finish()
        records = gateway.call_records(CALLS, 30)
    gaps = sorted(end.longest_silence_ms(is_tone) for end in ends)
    print(f"longest gap of each call: {gaps[0]:.0f} to {gaps[-1]:.0f} ms; own clock late by {rtp.late_ms:.0f}")
    assert all(record["cause"] == "16" for record in records)
    assert gaps[-1] < GAP_MS
