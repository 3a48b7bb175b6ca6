# SPDX-License-Identifier: GPL-2.0-or-later
"""What is said on the line: speech by espeak-ng and tones, 8 kHz, 16 bit."""

import subprocess
import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "audio"))
from compare import RATE, decode, encode, read_wav, write_wav  # noqa: E402, F401

TEXT = ("The birch canoe slid on the smooth planks. Glue the sheet to the dark blue background. "
        "These days a chicken leg is a rare dish. Rice is often served in round bowls.")


def make_speech(path, text=TEXT, lead_ms=500, tail_ms=1500):
    """Writes speech with a peak of -6 dBFS between stretches of silence."""
    raw = Path(path).with_suffix(".raw.wav")
    subprocess.run(["espeak-ng", "-v", "en-us", "-s", "150", "-w", str(raw), text], check=True,
                   stdin=subprocess.DEVNULL)
    samples = read_wav(raw)
    raw.unlink()
    samples *= 16384 / np.abs(samples).max()
    write_wav(path, np.concatenate([np.zeros(lead_ms * RATE // 1000), samples,
                                    np.zeros(tail_ms * RATE // 1000)]))
    return Path(path)


def tone(hz=1004, seconds=1.0, level=8000):
    return level * np.sin(2 * np.pi * hz / RATE * np.arange(int(seconds * RATE)))
