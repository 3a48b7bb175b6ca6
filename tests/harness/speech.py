# SPDX-License-Identifier: GPL-2.0-or-later
"""What is said on the line: speech by espeak-ng and tones, 8 kHz, 16 bit."""

import subprocess
import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "audio"))
from compare import RATE, compare, decode, encode, follow_octets, read_wav, write_wav  # noqa: E402, F401

JOINT_MS = 10
CHANGES_MAX = 8

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


def tone(hz=1004, seconds=1.0, amplitude=8000):
    return amplitude * np.sin(2 * np.pi * hz / RATE * np.arange(int(seconds * RATE)))


def level(samples, hz, window=400):
    """dBm0 of one frequency, the median of short pieces: one that was lost does not count."""
    pieces = samples[:len(samples) // window * window].reshape(-1, window)
    turn = np.exp(-2j * np.pi * hz / 8000 * np.arange(window))
    return 20 * np.log10(2 * np.median(abs(np.mean(pieces * turn, axis=1))) / 32768 + 1e-9) + 3.14


def assert_all_heard(played, heard, name="the path", stalled_ms=0):
    """For a path of A-law throughout: what sounds came through once, in order, bit for bit. The playout
    may change its delay when this machine stalls: that costs what it leaves out, and a joint. stalled_ms:
    for so long the test itself did not play. Returns the delay in ms and how often it changed."""
    delay, changes, damaged = follow_octets(played, heard)
    joint = JOINT_MS + (stalled_ms if stalled_ms > JOINT_MS else 0)
    allowed = sum(joint + max(0, -change) / 8 for _, change in changes)
    assert damaged / 8 <= allowed, f"{name}: {damaged / 8} ms are not what was played: {changes}"
    assert len(changes) <= CHANGES_MAX, f"{name}: {changes}"
    return delay / 8, len(changes)


def assert_heard(reference, recording, laws="alaw"):
    """All that is said in one WAV file is in the other, which may have more."""
    result = compare(read_wav(reference), read_wav(recording), laws)
    assert "error" not in result, result
    assert result["correlation"] >= 0.999, result
    assert result["lost_ms"] == 0, result
    assert abs(result["level_db"]) < 0.1, result
