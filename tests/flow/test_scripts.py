# SPDX-License-Identifier: GPL-2.0-or-later
"""Every script in scripts/ against a gateway: errors of the protocol, timers, collisions, lost links.

A script's second line says where it is played: `# stage: SIDE KIND`. SIDE is the side of the scripted far
end; the gateway is the other. KIND: patient (timers as they come), hasty (short timers), new or first (the
same, and nobody was on that span before: the gateway's RESTARTs come). All kinds are spans of one gateway
and are played at once, each span one script after another. Every script ends with all channels idle and one
call record for each call.
"""

import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from harness.process import Failure
from harness.scripted import SHORT, Span, Stage

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


@pytest.fixture(scope="module")
def plays(request, tmp_path_factory):
    """Name of a script: its future. All that are to be tested run from now on."""
    paths = [item.callspec.params["path"] for item in request.session.items
             if item.module is request.module and "path" in getattr(item, "callspec", item).params]
    spans = spans_for(paths)
    folder = tmp_path_factory.mktemp("stage")
    with Stage(folder, list(spans)) as stage, ThreadPoolExecutor(len(spans)) as pool:
        idle = {kind: [span for span in spans if spans[span] == kind] for kind in set(spans.values())}

        def play(path):
            span = idle[place(path)].pop()
            try:
                return stage.run(span, path)
            finally:
                idle[place(path)].append(span)

        queues = {kind: [path for path in paths if place(path) == kind] for kind in idle}
        futures = {}
        for kind, queue in queues.items():
            lanes = len(idle[kind])
            for lane in range(lanes):
                chain(pool, play, queue[lane::lanes], futures)
        yield futures
        assert stage.gateway.active_calls() == 0


def chain(pool, play, paths, futures):
    """One after another, each with a future of its own."""
    from concurrent.futures import Future
    own = {path: Future() for path in paths}
    futures.update(own)

    def run():
        for path, future in own.items():
            try:
                future.set_result(play(path))
            except BaseException as error:  # the test of this script raises it
                future.set_exception(error)
    pool.submit(run)


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.stem)
def test_script(plays, path):
    try:
        print(plays[path].result(120))
    except Failure as failure:
        pytest.fail(str(failure), pytrace=False)
