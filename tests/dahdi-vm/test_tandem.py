# SPDX-License-Identifier: GPL-2.0-or-later
"""Calls from one DAHDI channel to another: the driver joins them."""

import numpy as np

from harness.exchange import Exchange
from harness.gateway import Gateway
from harness.span import Card
from harness.speech import decode, encode, follow_octets, read_wav, write_wav

SECONDS = 4


def write_noise(path):
    octets = np.random.default_rng(1).integers(0, 256, 8000 * SECONDS, dtype=np.uint8).tobytes()
    write_wav(path, decode(octets))
    return octets


def hairpin(folder, spans, name):
    """The exchange calls its own subscriber 0001, who sends back what he hears, by way of the gateway.
    Returns the milliseconds there and back."""
    near, far = spans
    played, heard = folder / "played.wav", folder / f"{name}.wav"
    octets = write_noise(played)
    with Gateway(folder, near, far, name=name) as gateway:
        with Exchange(folder, far, near, "--call", "4085550123", "0001", "--play", played, "--record",
                      heard, name=f"exchange-{name}") as exchange:
            exchange.finish()
            said = gateway.command("show call history 1")
    assert said.count("isdn") >= 2
    delay, changes, damaged = follow_octets(octets, encode(read_wav(heard)), silent=0)
    assert (changes, damaged) == ([], 0)
    return delay / 8


def test_channels_are_joined_by_the_driver(folder):
    """27 ms there and back, exchange and all; through sipspan-media's blocks it would be over 80."""
    assert hairpin(folder, (Card(1), Card(2)), "joined") < 45
