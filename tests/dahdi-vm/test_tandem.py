# SPDX-License-Identifier: GPL-2.0-or-later
"""Calls from one DAHDI channel to another: the driver joins them. On a primary rate and on basic rates."""

import numpy as np
import pytest

from harness.exchange import Exchange
from harness.gateway import Gateway
from harness.span import Card
from harness.speech import decode, encode, follow_octets, read_wav, write_wav

SECONDS = 4


def write_noise(path):
    octets = np.random.default_rng(1).integers(0, 256, 8000 * SECONDS, dtype=np.uint8).tobytes()
    write_wav(path, decode(octets))
    return octets


def hairpin(folder, spans, arguments=(), **line):
    """The exchange calls its own subscriber 0001, who sends back what he hears, by way of the gateway.
    Returns the milliseconds there and back."""
    near, far = spans
    played, heard = folder / "played.wav", folder / "heard.wav"
    octets = write_noise(played)
    with Gateway(folder, near, far, **line) as gateway:
        with Exchange(folder, far, near, "--call", "4085550123", "0001", "--play", played, "--record",
                      heard, *arguments) as exchange:
            exchange.finish()
            said = gateway.command("show call history 1")
        record = gateway.call_records(1)[0]
    assert said.count("isdn") >= 2
    assert record["channel"] == "1/1"  # the network side begins with the first one, the user side with the last
    assert record["channel_out"].startswith("1/") and record["channel_out"] != "1/1"
    delay, changes, damaged = follow_octets(octets, encode(read_wav(heard)), silent=0)
    assert (changes, damaged) == ([], 0)
    return delay / 8


def test_channels_are_joined_by_the_driver(folder):
    """27 ms there and back, exchange and all; through sipspan-media's blocks it would be over 80."""
    assert hairpin(folder, (Card(1), Card(2))) < 45


@pytest.mark.parametrize("arguments, lines", [
    ((), ""),
    (("--point-to-point",), "isdn static-tei 0"),
], ids=["bus", "point-to-point"])
def test_a_basic_rate_carries_two_channels(folder, arguments, lines):
    hairpin(folder, (Card(3), Card(4)), ("--switch-type", "basic-net3", *arguments), framing="bri",
            switch_type="basic-net3", isdn_lines=lines)
