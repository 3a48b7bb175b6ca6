# SPDX-License-Identifier: GPL-2.0-or-later
"""The virtual machine's driver itself, without the gateway: what other tests here stand on."""

import random
import re
import subprocess
from contextlib import ExitStack

import pytest
from harness.dahdi import (
    ALAW,
    EVENT_ON_HOOK,
    EVENT_RING_OFF_HOOK,
    MULAW,
    OFF_HOOK,
    ON_HOOK,
    SIGNALLING,
    Channel,
    span,
)
from harness.process import Failure

SIZES = [31, 31, 3, 3, 24, 24]  # channels of spans 1 to 6
FIRST = [1 + sum(SIZES[:n]) for n in range(len(SIZES))]
PAIRS = [(FIRST[n] + i, FIRST[n + 1] + i) for n in (0, 2, 4) for i in range(SIZES[n])]
D_CHANNELS = [(16, 47), (47, 16), (65, 68), (68, 65)]


def configured():
    """Signalling and law by channel, as system.conf has them."""
    expected = {}
    for ends in PAIRS:
        for channel in ends:
            digital = channel <= 68
            d_channel = any(channel in pair for pair in D_CHANNELS)
            expected[channel] = ("dchan" if d_channel else "bchan" if digital else None,
                                 ALAW if digital and not d_channel else MULAW)
    bank = ["fxoks"] * 4 + ["fxols", "fxogs", "e&m", "e&m", "cas", "cas"]
    for timeslot, signalling in enumerate(bank):
        expected[69 + timeslot] = (signalling, MULAW)
        expected[93 + timeslot] = (signalling.replace("fxo", "fxs"), MULAW)
    return expected


@pytest.mark.parametrize("number", range(1, 7))
def test_span_is_there_without_alarm(number):
    answer = span(number)
    assert answer.channels == SIZES[number - 1]
    assert answer.alarms == 0
    assert answer.spans == len(SIZES)


def test_dahdi_cfg_gave_each_channel_its_signalling_and_law():
    found = {}
    for number, (signalling, law) in configured().items():
        if signalling is None:
            continue
        with Channel(number) as channel:
            params = channel.params()
        found[number] = (SIGNALLING[params.signalling], params.law)
    assert found == {n: e for n, e in configured().items() if e[0]}


def test_lsdahdi_lists_the_same():
    words = {"Clear": "bchan", "HDLCFCS": "dchan", "": None}
    listed = subprocess.run(["lsdahdi"], capture_output=True, text=True, check=True).stdout
    assert re.findall(r"^### Span +(\d+): (\S+)", listed, re.M) == [
        (str(n + 1), f"DYN/loc/{n // 2 + 1}:{n % 2}") for n in range(len(SIZES))
    ]
    found = {int(number): words.get(word, word.lower())
             for number, word in re.findall(r"^ *(\d+) DYN +(\S*) *$", listed, re.M)}
    assert found == {n: signalling for n, (signalling, _) in configured().items()}


@pytest.mark.parametrize("here, there", D_CHANNELS)
def test_d_channel_passes_frames(here, there):
    chance = random.Random(here)
    with Channel(here) as sender, Channel(there) as receiver:
        hear_flags(sender, receiver)
        while receiver.event():
            pass
        # runs of ones and flags inside a frame need bit stuffing
        frames = [b"\xff" * 40, b"\x7e" * 20, bytes(9)]
        frames += [chance.randbytes(length) for length in (4, 5, 64, 128, 260)]
        for frame in frames:
            sender.write(frame)
            received = receiver.read()
            assert received[:-2] == frame
            assert received[-2:] == frame_check(frame)
        assert receiver.event() == 0


def hear_flags(sender, receiver):
    """The driver begins to send flags when a D channel is opened, and a frame right behind the first may
    be lost, as on any line that comes up: send until one arrives."""
    for _ in range(20):
        sender.write(b"opening")
        try:
            assert receiver.read(seconds=0.5)[:-2] == b"opening"
            return
        except Failure:
            pass
    pytest.fail(f"channel {receiver.number} hears nothing from {sender.number}")


def frame_check(octets):
    """CRC-16 of HDLC (ISO/IEC 13239), least significant octet first."""
    crc = 0xFFFF
    for octet in octets:
        crc ^= octet
        for _ in range(8):
            crc = crc >> 1 ^ (0x8408 if crc & 1 else 0)
    return (crc ^ 0xFFFF).to_bytes(2, "little")


@pytest.mark.parametrize("ends", [(1, 32), (31, 62), (63, 66)])
def test_b_channel_passes_octets_bit_for_bit(ends):
    """Both ways at once: a block is written for each that is read, a third of a second ahead of the line:
    a busy host stops the guest's processor now and then, while the line goes on by the host's clock."""
    chance = random.Random(sum(ends))
    blocks, ahead = 50, 16
    sent = [chance.randbytes(160 * blocks) for _ in ends]
    received = [bytearray(), bytearray()]
    with ExitStack() as stack:
        channels = [stack.enter_context(Channel(number, buffers=32)) for number in ends]
        for n in range(blocks + ahead + 8):
            for channel, octets, got in zip(channels, sent, received):
                if n >= ahead:
                    got += channel.read()
                channel.write(octets[160 * n : 160 * n + 160].ljust(160, b"\xd5"))
    # what the line carried before the first block is of no account
    for octets, got in zip(sent, reversed(received)):
        begin = got.find(octets[:16])
        assert begin >= 0
        assert got[begin : begin + len(octets)] == octets


def test_hook_of_an_analogue_pair_reaches_the_other_end():
    with Channel(69) as exchange, Channel(93) as telephone:
        while exchange.event():
            pass
        telephone.hook(OFF_HOOK)
        exchange.await_event(EVENT_RING_OFF_HOOK)
        telephone.hook(ON_HOOK)
        exchange.await_event(EVENT_ON_HOOK)
