# SPDX-License-Identifier: GPL-2.0-or-later
"""The measure itself: it must see what it is asked to see."""

import numpy as np
import pytest

from compare import RATE, compare, decode, encode, follow_octets, g711, longest_gap_ms, read_wav, write_wav


@pytest.fixture(scope="module")
def speech():
    """Noise with the rhythm and the bandwidth of speech; the same in every run."""
    random = np.random.default_rng(7)
    samples = np.convolve(random.normal(0, 1, 6 * RATE), np.hanning(9), mode="same")
    syllables = np.repeat(random.choice([0.0, 0.3, 1.0], size=60, p=[0.2, 0.3, 0.5]), RATE // 10)
    return samples * syllables * 3000


def late(samples, ms):
    return np.concatenate([np.zeros(ms * RATE // 1000), samples, np.zeros(RATE // 2)])


@pytest.mark.parametrize("law", ["alaw", "ulaw", "ulaw,alaw,ulaw"])
def test_g711_alone_is_perfect(speech, law):
    result = compare(speech, late(g711(speech, law), 37), law)
    assert result["correlation"] == 1.0
    assert (result["delay_ms"], result["lost_ms"], result["slips"]) == (37, 0, [])
    assert result["level_db"] == 0


def test_laws_have_256_levels_and_their_full_scale():
    every = np.arange(-32768.0, 32768.0)
    assert len(set(g711(every, "alaw"))) == 256 and g711(every, "alaw").max() == 32256
    assert len(set(g711(every, "ulaw"))) == 255 and g711(every, "ulaw").max() == 32124


@pytest.mark.parametrize("law, sample, octet", [
    ("alaw", 0, 0xD5), ("alaw", -1, 0x55), ("alaw", 32767, 0xAA), ("alaw", -32768, 0x2A),
    ("alaw", 1000, 0xFA), ("ulaw", 0, 0xFF), ("ulaw", 32767, 0x80), ("ulaw", -32768, 0x00),
    ("ulaw", 1000, 0xCE), ("ulaw", -1000, 0x4E),
])
def test_octets_are_those_of_the_standard(law, sample, octet):
    assert encode(np.array([float(sample)]), law)[0] == octet


@pytest.mark.parametrize("law", ["alaw", "ulaw"])
def test_every_octet_survives_decoding_and_coding(law):
    octets = bytes(range(256))
    wrong = [a for a, b in zip(octets, encode(decode(octets, law), law)) if a != b]
    assert wrong == ([] if law == "alaw" else [0x7F])  # u-law has a negative zero


def test_sees_lost_frames(speech):
    heard = late(g711(speech, "alaw"), 20)
    active = next(i for i in range(RATE, len(speech), 160) if abs(speech[i : i + 480]).min() > 0
                  and np.std(speech[i : i + 480]) > 1000)
    heard[active + 160 : active + 160 + 480] = 0
    result = compare(speech, heard)
    assert 40 <= result["lost_ms"] <= 80
    assert result["correlation"] < 0.999


def test_sees_a_slip_and_what_lies_behind_it(speech):
    heard = g711(speech, "alaw")
    heard = late(np.concatenate([heard[: 3 * RATE], heard[3 * RATE + 160 :]]), 20)
    result = compare(speech, heard)
    assert [slip["ms"] for slip in result["slips"]] == [-20]
    assert result["lost_ms"] <= 250


def test_sees_the_wrong_law(speech):
    octets = np.clip(g711(speech, "alaw") * 0.5 + 4000 * np.sign(speech), -32000, 32000)
    assert compare(speech, late(octets, 20))["correlation"] < 0.99


def test_sees_level_and_noise(speech):
    quieter = compare(speech, late(g711(speech, "alaw") / 2, 20))
    assert quieter["level_db"] == pytest.approx(-6.02, abs=0.01)
    noise = np.random.default_rng(1).normal(0, 200, len(speech))
    assert compare(speech, late(g711(speech, "alaw") + noise, 20))["correlation"] < 0.999


def test_follows_octets_through_slips(speech):
    played = encode(speech)
    cut, silence = 2 * RATE, encode(np.zeros(40))
    assert follow_octets(played, silence * 3 + played) == (120, [], 0)
    delay, changes, damaged = follow_octets(played, played[:cut] + silence + played[cut:])
    assert (delay, [change for _, change in changes]) == (0, [40]) and damaged <= 40
    delay, changes, damaged = follow_octets(played, silence + played[:cut] + played[cut + 80 :])
    assert (delay, [change for _, change in changes]) == (40, [-80]) and 80 <= damaged <= 120
    with pytest.raises(ValueError, match="not heard"):
        follow_octets(played, silence * 2000)


def test_sees_octets_that_are_not_what_was_played(speech):
    played = encode(speech)
    cut = next(i for i in range(2 * RATE, len(played), 160) if np.std(speech[i : i + 800]) > 1000)
    assert follow_octets(played, played[:cut] + encode(np.full(800, 5000.0)) + played[cut + 800 :])[2] >= 640
    one = bytearray(played)
    one[cut] ^= 0x80
    assert follow_octets(played, bytes(one))[2] == 40


def test_silence_is_an_error_not_a_figure(speech):
    assert "error" in compare(speech, np.zeros(4 * RATE))
    assert "error" in compare(speech, np.zeros(0))


def test_measures_the_longest_gap_of_a_tone():
    tone = 8000 * np.sin(2 * np.pi * 1004 / RATE * np.arange(4 * RATE))
    assert longest_gap_ms(late(tone, 500)) <= 5
    tone[RATE : RATE + RATE // 5] = 0
    tone[2 * RATE : 2 * RATE + RATE // 20] = 0
    assert longest_gap_ms(late(tone, 500)) == pytest.approx(200, abs=10)
    assert longest_gap_ms(np.zeros(RATE)) == 1000


def test_wav_files_read_back(tmp_path, speech):
    write_wav(tmp_path / "a.wav", speech)
    assert np.abs(read_wav(tmp_path / "a.wav") - speech).max() <= 0.5
