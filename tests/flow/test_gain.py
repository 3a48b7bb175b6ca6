# SPDX-License-Identifier: GPL-2.0-or-later
"""Gains of a voice port, measured from exchange to exchange and back."""

import numpy as np
import pytest

from harness.speech import read_wav, tone, write_wav

from test_two_gateways import Road


def level_db(samples):
    """Of the loudest half second, above one of tone()."""
    windows = samples[:len(samples) // 4000 * 4000].reshape(-1, 4000)
    return 20 * np.log10(np.sqrt((windows**2).mean(axis=1)).max() / np.sqrt((tone()**2).mean()))


@pytest.mark.parametrize("lines, expected", [
    ("input gain 6", 12),               # once on each gateway's way in
    ("output attenuation 3", -6),
    ("input gain -6\noutput attenuation -6", 0),
])
def test_gains_are_what_was_configured(tmp_path, lines, expected):
    played, heard = tmp_path / "played.wav", tmp_path / "heard.wav"
    write_wav(played, tone(seconds=2, amplitude=4000))
    with Road(tmp_path, port_lines=lines) as road:
        road.call("20001", "--play", played, "--record", heard)
    assert level_db(read_wav(heard)) + 20 * np.log10(2) == pytest.approx(expected, abs=0.3)
