# SPDX-License-Identifier: GPL-2.0-or-later
"""Fixtures: a folder for each test, kept only if the test fails, and a gateway with its exchange. Runs that
share a folder (SIPSPAN_QUEUE) share the tests too: who is idle takes the next file."""

import os
import re
import shutil
import sys
from pathlib import Path

import pytest
from _pytest.runner import runtestprotocol

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE / "audio")]

from harness.exchange import Exchange  # noqa: E402
from harness.gateway import Gateway  # noqa: E402
from harness.process import BUILD, TOP, Stalls  # noqa: E402
from harness.span import span_pair  # noqa: E402


AUDIO_TRIES = 5
STALL_MS = 10  # a pseudowire and a stream have little more in store


_queue = os.environ.get("SIPSPAN_QUEUE")
_taken = {}


def _is_ours(path):
    """Has no other run taken this file of tests before us?"""
    if _queue and path not in _taken:
        try:
            (Path(_queue) / path.name).touch(exist_ok=False)
            _taken[path] = True
        except FileExistsError:
            _taken[path] = False
    return not _queue or _taken[path]


def pytest_configure(config):
    sys.dont_write_bytecode = True
    config.addinivalue_line("markers", "audio: looks at each octet or at the delay; it goes alone, and again "
                                       "if it failed while the machine let its programs wait")


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item, nextitem):
    """An audio test is tried again: who could not run sent no speech, and no gateway can bring it back."""
    if not _is_ours(item.path):
        return True
    if not item.get_closest_marker("audio"):
        return None
    item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
    for n in range(1, AUDIO_TRIES + 1):
        with Stalls() as stalls:
            reports = runtestprotocol(item, nextitem=nextitem, log=False)
        failed = [report for report in reports if report.failed]
        if not failed or n == AUDIO_TRIES or max(stalls.late_ms, stalls.waited_ms) < STALL_MS:
            break
        print(f"\n{item.name}: try {n} failed, we stood still for {stalls.late_ms:.0f} ms, some program for "
              f"{stalls.waited_ms:.0f} of {1000 * stalls.WINDOW:.0f} ms:\n{failed[0].longreprtext}")
        item._initrequest()  # fixtures anew
        item.failed = False
    for report in reports:
        item.ihook.pytest_runtest_logreport(report=report)
    item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
    return True


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    outcome = yield
    item.failed = getattr(item, "failed", False) or outcome.get_result().failed


@pytest.fixture
def folder(request):
    """build/test-runs/NAME; stays if the test fails."""
    name = re.sub(r"\W+", "-", f"{request.node.parent.name}-{request.node.name}").strip("-")
    path = (BUILD if BUILD.exists() else TOP / "build") / "test-runs" / name
    shutil.rmtree(path, ignore_errors=True)
    path.mkdir(parents=True)
    yield path
    if not request.node.failed:
        shutil.rmtree(path, ignore_errors=True)


@pytest.fixture(scope="session")
def speech(tmp_path_factory):
    """A WAV file with 13 s of speech."""
    from harness.speech import make_speech  # scipy is slow to load, above all in an emulated machine

    return make_speech(tmp_path_factory.mktemp("speech") / "speech.wav")


@pytest.fixture(scope="session")
def sentence(tmp_path_factory):
    """A WAV file of 4 s. Nobody speaks in the first: there a telephone may settle its delay."""
    from harness.speech import make_speech

    return make_speech(tmp_path_factory.mktemp("sentence") / "sentence.wav",
                       "Glue the sheet to the dark blue background.", 1500, 300)


@pytest.fixture
def known_leaks(tmp_path, monkeypatch):
    """For TLS. The stack of the package loses the alternative names of each certificate that it is shown, some
    200 octets; that of whole connections nothing is lost is tested in flow/test_tls.py."""
    file = tmp_path / "leaks"
    file.write_text("leak:libcrypto\n")
    monkeypatch.setenv("LSAN_OPTIONS", f"suppressions={file}:print_suppressions=0")


@pytest.fixture
def spans():
    """The gateway's end and the exchange's end of a span."""
    return span_pair()


@pytest.fixture
def exchange(folder, spans):
    with Exchange(folder, spans[1], spans[0]) as running:
        yield running


@pytest.fixture
def gateway(folder, spans, exchange):
    """Up, with the exchange's subscribers behind it."""
    with Gateway(folder, *spans) as running:
        yield running.wait_until_up(exchange)
