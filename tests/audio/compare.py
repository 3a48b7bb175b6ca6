#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""compare.py REFERENCE HEARD [--law LIST] [--json] [--min-correlation X] [--max-lost MS]

Says how well a telephone path carried speech: REFERENCE is what was played, HEARD what was recorded
at the far end (WAV, one channel, 16 bit).

  delay        where the reference begins in what was heard, ms
  correlation  1.0 is perfect: normalised cross-correlation of the active speech with the reference
               after G.711. --law names the coders on the path in order (alaw, ulaw, none,
               "ulaw,alaw,ulaw"), so that only what the path added counts
  level        change of level, dB
  lost         active speech that did not arrive, ms, in frames of 20 ms
  slips        places where the delay changed by 1 ms or more

Exit status: 0; 1 with --min-correlation or --max-lost if the path was worse; 2 if a file is unusable.
"""

import argparse
import json
import sys
import wave

import numpy as np
from scipy.signal import correlate, resample_poly

RATE = 8000
FRAME = RATE // 50
BLOCK = RATE // 4  # the delay is looked for again in each block, so that one slip does not hide the rest
SEARCH = RATE * 6 // 100
ACTIVE_RMS = 200.0


def _magnitudes(law):
    """Where each of the 128 steps of a law begins, and the level that stands for it (G.711)."""
    segment, step = np.divmod(np.arange(128), 16)
    if law == "alaw":
        shift = np.maximum(segment - 1, 0)
        begin = np.where(segment == 0, step << 4, ((step << 4) + 0x100) << shift)
        return begin, begin + (8 << shift)
    begin = ((step + 16) << (segment + 3)) - 0x84
    return np.maximum(begin, 0), begin + (4 << segment)


STEPS = {law: _magnitudes(law) for law in ("alaw", "ulaw")}


def encode(samples, law="alaw"):
    """Linear samples to octets."""
    samples = np.round(samples)
    magnitude = np.where(samples >= 0, samples, -samples - (law == "alaw"))
    code = np.searchsorted(STEPS[law][0], magnitude, side="right") - 1
    if law == "alaw":
        return ((code | np.where(samples >= 0, 0x80, 0)) ^ 0x55).astype(np.uint8).tobytes()
    return (~(code | np.where(samples >= 0, 0, 0x80)) & 0xFF).astype(np.uint8).tobytes()


def decode(octets, law="alaw"):
    """Octets to linear samples."""
    octets = np.frombuffer(octets, dtype=np.uint8).astype(int)
    code = octets ^ 0x55 if law == "alaw" else ~octets & 0xFF
    level = STEPS[law][1][code & 0x7F].astype(float)
    return np.where((code & 0x80 != 0) == (law == "alaw"), level, -level)


def g711(samples, laws):
    """What is left of linear samples behind the coders named in laws ("alaw", "ulaw,alaw")."""
    for law in laws.split(","):
        if law not in ("", "none"):
            samples = decode(encode(samples, law), law)
    return samples


def read_wav(path):
    """Samples at 8 kHz as floats in the range of 16 bit."""
    with wave.open(str(path)) as file:
        if file.getsampwidth() != 2:
            raise ValueError(f"{path}: {8 * file.getsampwidth()} bit samples, 16 expected")
        raw = file.readframes(file.getnframes())
        samples = np.frombuffer(raw, dtype="<i2").astype(float)
        samples = samples.reshape(-1, file.getnchannels())[:, 0]
        rate = file.getframerate()
    return samples if rate == RATE else resample_poly(samples, RATE, rate)


def write_wav(path, samples):
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(np.clip(np.round(samples), -32768, 32767).astype("<i2").tobytes())


def rms(samples):
    return float(np.sqrt(np.mean(samples**2))) if len(samples) else 0.0


def find_delay(reference, heard):
    """Samples by which heard lags behind reference; negative if its beginning was cut off."""
    return int(np.argmax(correlate(heard, reference, mode="full", method="fft"))) - (len(reference) - 1)


def _normalised(a, b):
    return float(np.dot(a, b) / np.sqrt(max(np.dot(a, a) * np.dot(b, b), 1e-9)))


def _aligned_blocks(reference, heard, delay):
    """Yields (position, block of the reference, block heard, change of delay) for active speech."""
    shift = 0
    padded = np.concatenate([np.zeros(BLOCK + 2 * SEARCH), heard, np.zeros(BLOCK + 2 * SEARCH)])
    for at in range(0, len(reference) - BLOCK + 1, BLOCK):
        block = reference[at : at + BLOCK]
        if rms(block) < ACTIVE_RMS:
            continue
        start = at + delay + BLOCK + 2 * SEARCH
        if start + shift - SEARCH < 0 or start + shift + BLOCK + SEARCH > len(padded):
            yield at, block, np.zeros(BLOCK), 0
            continue
        here = padded[start + shift : start + shift + BLOCK]
        change = 0
        if _normalised(block, here) < 0.95:
            around = padded[start + shift - SEARCH : start + shift + BLOCK + SEARCH]
            best = int(np.argmax(correlate(around, block, mode="valid", method="fft"))) - SEARCH
            there = padded[start + shift + best : start + shift + best + BLOCK]
            if _normalised(block, there) > max(_normalised(block, here) + 0.05, 0.6):
                shift, here, change = shift + best, there, best
        yield at, block, here, change


def compare(reference, heard, laws="alaw"):
    """Returns a dict with the figures of the module's text, or one with the key "error"."""
    if len(heard) < RATE // 2 or np.abs(heard).max() < 50:
        return {"error": "nothing was heard"}
    reference = g711(reference, laws)
    delay = find_delay(reference, heard)
    want, got, slips, lost, active = [], [], [], 0, 0
    for at, block, here, change in _aligned_blocks(reference, heard, delay):
        if abs(change) >= RATE // 1000:
            slips.append({"at_ms": at * 1000 // RATE, "ms": change * 1000 / RATE})
        want.append(block)
        got.append(here)
        for i in range(0, BLOCK - FRAME + 1, FRAME):
            speech = block[i : i + FRAME]
            if rms(speech) < ACTIVE_RMS:
                continue
            active += 1
            lost += _normalised(speech, here[i : i + FRAME]) < 0.5
    if not want:
        return {"error": "the reference has no speech"}
    want, got = np.concatenate(want), np.concatenate(got)
    return {
        "delay_ms": round(delay * 1000 / RATE, 2),
        "correlation": round(_normalised(want, got), 5),
        "level_db": round(20 * np.log10(max(rms(got), 1e-3) / rms(want)), 2),
        "lost_ms": int(lost) * 20,
        "active_ms": active * 20,
        "slips": slips,
    }


def follow_octets(played, heard, silent=300):
    """For a path of A-law throughout: looks for each 5 ms of what was played, octet by octet, in what was
    heard. Returns (delay, [(position, change of delay)], damaged), all in octets: a change above 0 is
    sound put in between, below 0 sound that was left out; damaged counts the octets of stretches that
    sound, but were not heard as they were. Raises ValueError if nothing was heard."""
    chunk = FRAME // 4
    start = next((i for i in range(0, len(played) - 400, chunk) if len(set(played[i : i + 400])) > 100), 0)
    delay = shift = heard.find(played[start : start + 400]) - start
    if shift < 0:
        raise ValueError("what was played was not heard")
    loud = np.abs(decode(played)) >= silent
    changes, damaged = [], 0
    for at in range(start, min(len(played), len(heard) - shift) - chunk, chunk):
        want = played[at : at + chunk]
        if not loud[at : at + chunk].any() or heard[at + shift : at + shift + chunk] == want:
            continue
        places = [c for c in range(-SEARCH, SEARCH + 1)
                  if heard[at + shift + c : at + shift + c + chunk] == want]
        if places:
            change = min(places, key=abs)
            changes.append((at, change))
            shift += change
        else:
            damaged += chunk
    return delay, changes, damaged


def longest_gap_ms(samples, rate=RATE):
    """Longest stretch in which a steady tone was missing, between its first and its last sound, ms."""
    step = rate // 200
    count = len(samples) // step
    level = np.sqrt(np.mean(samples[: count * step].reshape(count, step) ** 2, axis=1))
    heard = np.flatnonzero(level > np.percentile(level, 90) / 2)
    if len(heard) < 2:
        return count * 5
    return int(np.diff(heard).max() - 1) * 5


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("reference")
    parser.add_argument("heard")
    parser.add_argument("--law", default="alaw")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--min-correlation", type=float)
    parser.add_argument("--max-lost", type=int)
    args = parser.parse_args()
    try:
        result = compare(read_wav(args.reference), read_wav(args.heard), args.law)
    except (OSError, EOFError, ValueError, KeyError, wave.Error) as error:
        print(f"compare.py: {error}", file=sys.stderr)
        return 2
    if "error" in result:
        print(f"compare.py: {args.heard}: {result['error']}", file=sys.stderr)
        return 2
    if args.json:
        print(json.dumps(result))
    else:
        print(
            f"delay {result['delay_ms']} ms, correlation {result['correlation']}, "
            f"level {result['level_db']:+.2f} dB, lost {result['lost_ms']} of "
            f"{result['active_ms']} ms of speech, {len(result['slips'])} slips"
        )
    if args.min_correlation is not None and result["correlation"] < args.min_correlation:
        return 1
    return int(args.max_lost is not None and result["lost_ms"] > args.max_lost)


if __name__ == "__main__":
    sys.exit(main())
