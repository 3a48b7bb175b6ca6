# SPDX-License-Identifier: GPL-2.0-or-later
"""Every script in scripts/ against a gateway: errors of the protocol, timers, collisions, lost links.

A script's second line says where it is played: `# stage: SIDE KIND`. SIDE is the side of the scripted far
end; the gateway is the other. KIND: patient (timers as they come), hasty (short timers), new or first (the
same, and nobody was on that span before: the gateway's RESTARTs come). All kinds are spans of one gateway
and are played at once, each span one script after another. Every script ends with all channels idle and one
call record for each call.

The crowds have gateways of their own: every bit of a SETUP turned over, and a thousand calls abandoned. They
wait more than they compute, so they run at the same time.
"""

import re
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import pytest

from harness.process import QUICK, SANITIZED, Failure
from harness.scripted import SHORT, Span, Stage, is_flat

ALONE = Path(__file__).parent / "scripts" / "alone"
PAIRS, ROUNDS = 4, 2
CALLS_A_ROUND = 4 * 27
SETUP_OCTETS = 38  # of the SETUP in setup_bits.script
SCRIPTS = sorted((Path(__file__).parent / "scripts").glob("*.script"))


def place(path):
    found = re.search(r"^# stage: (network|user) (patient|hasty|new|first)$", path.read_text(), re.MULTILINE)
    assert found, f"{path} does not say where it is played"
    return found[1], found[2]


def spans_for(paths):
    """Two spans for what is often asked; one for each that must be the first."""
    kinds = []
    for side in ("network", "user"):
        for kind in ("patient", "hasty", "new", "first"):
            count = sum(place(path) == (side, kind) for path in paths)
            kinds += [(side, kind)] * (count if kind in ("new", "first") else min(count, 2))
    return {Span(number, side, {} if kind in ("patient", "new") else SHORT): (side, kind)
            for number, (side, kind) in enumerate(kinds, 1)}


# ---- crowds

def every_bit_flip_and_truncation_of_setup(folder):
    """Over the wire, with a call up that must not notice; three times, memory flat after the first."""
    with Stage(folder, [Span(1, "network", {})]) as stage:
        return stage.run(stage.spans[0], ALONE / "setup_bits.script", 100,
                         OCTETS=SETUP_OCTETS, BITS=8 * SETUP_OCTETS - 1)


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


def calls_abandoned_in_every_state_leave_nothing_behind(folder):
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
        said = (f"{pairs * (rounds + 1) * CALLS_A_ROUND} calls; kB and descriptors of sipspand and "
                f"sipspan-media: {before}, then {after}")
        assert is_flat(before, after), said
        return said


CROWDS = (every_bit_flip_and_truncation_of_setup, calls_abandoned_in_every_state_leave_nothing_behind)


# ---- all at once

def play_in(pool, stage, spans, paths, futures):
    """As many at once as there are spans for them, one script after another on each."""
    for kind in set(spans.values()):
        lanes = [span for span in spans if spans[span] == kind]
        queue = [path for path in paths if place(path) == kind]
        for lane, span in enumerate(lanes):
            own = {path: Future() for path in queue[lane :: len(lanes)]}
            futures.update(own)
            pool.submit(play_lane, stage, span, own)


def play_lane(stage, span, futures):
    for path, future in futures.items():
        try:
            future.set_result(stage.run(span, path))
        except BaseException as error:  # the test of this script raises it
            future.set_exception(error)


@pytest.fixture(scope="module")
def plays(request, tmp_path_factory):
    """Script or crowd: its future. All that are to be tested run from now on."""
    wanted = [item.callspec.params["what"] for item in request.session.items
              if item.module is request.module]
    paths = [what for what in wanted if isinstance(what, Path)]
    spans = spans_for(paths)
    futures = {}
    with ExitStack() as stack:
        pool = stack.enter_context(ThreadPoolExecutor(len(spans) + len(CROWDS)))
        if paths:
            stage = stack.enter_context(Stage(tmp_path_factory.mktemp("stage"), list(spans)))
            play_in(pool, stage, spans, paths, futures)
        for crowd in set(CROWDS) & set(wanted):
            futures[crowd] = pool.submit(crowd, tmp_path_factory.mktemp("crowd"))
        yield futures
        if paths:
            assert stage.gateway.active_calls() == 0


@pytest.mark.parametrize("what", [*SCRIPTS, *CROWDS],
                         ids=lambda what: what.stem if isinstance(what, Path) else what.__name__)
def test_script(plays, what):
    try:
        print(plays[what].result(200))
    except Failure as failure:
        pytest.fail(str(failure), pytrace=False)
