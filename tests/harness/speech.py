# SPDX-License-Identifier: GPL-2.0-or-later
"""What is said on the line: speech by espeak-ng and tones, 8 kHz, 16 bit."""

import subprocess
import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "audio"))
from compare import RATE, decode, encode, follow_octets, read_wav, write_wav  # noqa: E402, F401

SILENT = 300  # of 32768
STALLS_MS = 60

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


def assert_all_heard(played, heard, name="the path"):
    """For a path of one law: every octet that sounds came through once, in order, bit for bit. The playout
    may put some ms in between when this machine stalls, and leave silence out again. Returns the delay in
    ms and how often it changed."""
    delay, changes = follow_octets(played, heard)
    for at, change in changes:
        left_out = decode(played[at : at - change]) if change < 0 else np.zeros(1)
        assert abs(left_out).max() < SILENT, f"{name}: {-change / 8} ms lost after {at / 8000:.3f} s"
    assert sum(change for _, change in changes) / 8 <= STALLS_MS, f"{name}: {changes}"
    return delay / 8, len(changes)
