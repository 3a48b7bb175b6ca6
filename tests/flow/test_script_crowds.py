# SPDX-License-Identifier: GPL-2.0-or-later
"""Many calls, or many broken messages, by scripts: nothing is left behind."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from harness.process import QUICK, SANITIZED
from harness.scripted import Span, Stage, is_flat

ALONE = Path(__file__).parent / "scripts" / "alone"
PAIRS, ROUNDS = 4, 2
CALLS_A_ROUND = 4 * 27
SETUP_OCTETS = 38  # of the SETUP in setup_bits.script


def test_every_bit_flip_and_truncation_of_setup(folder):
    """Over the wire, with a call up that must not notice; three times, memory flat after the first."""
    with Stage(folder, [Span(1, "network", {})]) as stage:
        print(stage.run(stage.spans[0], ALONE / "setup_bits.script", 100,
                        OCTETS=SETUP_OCTETS, BITS=8 * SETUP_OCTETS - 1))


def play_pairs(stage, rounds):
    """abandoned.script on the odd spans, each with answered.script on the next."""
    for event in (stage.finished, *(span.ready for span in stage.spans)):
        event.clear()
    with ThreadPoolExecutor(len(stage.spans)) as pool:
        answers = [pool.submit(stage.run, span, ALONE / "answered.script", 200) for span in stage.spans[1::2]]
        try:
            for done in [pool.submit(stage.run, span, ALONE / "abandoned.script", 100, ROUNDS=rounds,
                                     OTHER=span.number + 1) for span in stage.spans[::2]]:
                done.result()
        finally:
            stage.finished.set()
        for answer in answers:
            answer.result()


def test_calls_abandoned_in_every_state_leave_nothing_behind(folder):
    """A thousand calls from span to span, in 13 states, abandoned in four ways."""
    timers = {305: 100, 308: 100, 309: 300}
    few = QUICK or SANITIZED
    pairs = 1 if few else PAIRS
    with Stage(folder, [Span(n, "network", timers) for n in range(1, 2 * pairs + 1)]) as stage:
        play_pairs(stage, 1)  # what is made for the first calls stays
        before = stage.resources()
        rounds = 1 if few else ROUNDS
        play_pairs(stage, rounds)
        after = stage.resources()
        assert stage.gateway.active_calls() == 0
        print(f"{pairs * (rounds + 1) * CALLS_A_ROUND} calls; kB and descriptors of sipspand and "
              f"sipspan-media: {before}, then {after}")
        assert is_flat(before, after), f"{before}, then {after}"
