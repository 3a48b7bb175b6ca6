# SPDX-License-Identifier: GPL-2.0-or-later
"""ISDN calls of digital information: as a clear channel (RFC 4040), or refused."""

import numpy as np
import pytest

from harness.speech import decode, encode, follow_octets, read_wav, write_wav

from test_two_gateways import Road

SECONDS = 4


@pytest.fixture(scope="module")
def road(tmp_path_factory):
    with Road(tmp_path_factory.mktemp("data"), peer_lines="codec g711alaw clear-channel") as running:
        yield running


@pytest.fixture(scope="module")
def audio_road(tmp_path_factory):
    with Road(tmp_path_factory.mktemp("audio")) as running:
        yield running


@pytest.fixture(scope="module")
def octets(tmp_path_factory):
    """Every value, as data has them; a file of what they sound like in A-law."""
    data = np.random.default_rng(4040).integers(0, 256, 8000 * SECONDS, dtype=np.uint8).tobytes()
    path = tmp_path_factory.mktemp("octets") / "octets.wav"
    write_wav(path, decode(data))
    assert encode(read_wav(path)) == data
    return path


@pytest.mark.audio
def test_octets_come_back_untouched_and_speech_takes_the_audio_codec(road, octets):
    heard = road.folder / "heard.wav"
    road.call("20001", "--bearer", "digital", "--play", octets, "--record", heard)
    calls = len(road.a.call_records(1))  # more than one if this is not the first try
    delay, changes, damaged = follow_octets(encode(read_wav(octets)), encode(read_wav(heard)), silent=0)
    assert (changes, damaged) == ([], 0)
    assert delay / 8 < 200
    road.call("20001", "--hold", "0.5")
    for gateway in (road.a, road.b):
        assert "clear-channel" in gateway.command(f"show call history {calls}")
        assert "clear-channel" not in gateway.command(f"show call history {calls + 1}")


def test_data_is_refused_where_no_peer_carries_it(audio_road):
    audio_road.call("20001", "--bearer", "digital", "--expect-cause", 65)
