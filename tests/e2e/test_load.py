# SPDX-License-Identifier: GPL-2.0-or-later
"""A full E1: 30 calls at once lose nothing."""

import pytest

from harness.process import QUICK, rtp_range
from harness.rtp import FRAME, RtpEnd, RtpEnds
from harness.sipp import Sipp, ack, bye, invite, pause, provisional, recv, sdp
from harness.speech import assert_all_heard, encode, read_wav

pytestmark = pytest.mark.audio
CALLS = 30
SECONDS = 10 if QUICK else 30


def thirty_callers(folder, gateway, hold_ms, play, first_port):
    """30 RTP ends and the sipp that signals for them."""
    ends = [RtpEnd(first_port + 2 * i, play[i * 1600:] + play[: i * 1600]) for i in range(CALLS)]
    steps = [invite(sdp(port="[field0]")), provisional(), recv(200), ack(), pause(hold_ms), bye(),
             recv(200)]
    sipp = Sipp(folder, steps, gateway.target, "0001", calls=CALLS, rate=30,
                fields=[(end.port,) for end in ends], seconds=hold_ms // 1000 + 30)
    return RtpEnds(ends), sipp


def test_thirty_calls_lose_nothing(folder, gateway, speech):
    play = encode(read_wav(speech))
    rtp, sipp = thirty_callers(folder, gateway, SECONDS * 1000, play, rtp_range()[0])
    with rtp, sipp:
        gateway.wait_for_calls(CALLS)
        sipp.finish()
        records = gateway.call_records(CALLS)
    assert rtp.late_ms < 200, f"this machine stalled for {rtp.late_ms:.0f} ms: the test says nothing"
    assert len(records) == CALLS
    assert all(record["answer"] and record["cause"] == "16" for record in records)
    assert [record["packets_lost"] for record in records] == ["0"] * CALLS
    for end in rtp.ends:
        assert end.lost() == 0
        assert len(end.heard) >= SECONDS * 50 - 25
    print(f"own clock late by up to {rtp.late_ms:.0f} ms")
    echoes = []
    for end in rtp.ends:
        played = (end.play * (end.sent * FRAME // len(end.play) + 1))[: end.sent * FRAME]
        echoes.append(assert_all_heard(played, end.octets(), f"port {end.port}", rtp.late_ms))
    delays = [delay for delay, _ in echoes]
    print(f"bit for bit; there and back in {min(delays):.1f} to {max(delays):.1f} ms; "
          f"{sum(count for _, count in echoes)} changes of delay")


def test_the_thirty_first_call_finds_no_circuit(folder, gateway):
    rtp, sipp = thirty_callers(folder, gateway, 4000, b"\xd5" * 1600, rtp_range()[0])
    with rtp, sipp:
        gateway.wait_for_calls(CALLS)
        late = Sipp(folder, [invite(), provisional(),
                             recv(503, headers={"Reason": r"Q\.850 *; *cause=34"})],
                    gateway.target, "0001", name="late")
        with late:
            late.finish()
        sipp.finish()
    gateway.wait_for_calls(0)
