# SPDX-License-Identifier: GPL-2.0-or-later
"""Processes, ports and waiting."""

import ctypes
import itertools
import os
import re
import signal
import socket
import subprocess
import threading
import time
import traceback
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("SIPSPAN_BUILD") or TOP / "build").resolve()
QUICK = bool(os.environ.get("SIPSPAN_QUICK"))
SANITIZED = "sanitize" in BUILD.name

SHARES = 12
PATIENCE = 6  # deadlines of what is waited for are so much longer than they are written: for a slow machine
_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None)


def _cycle(numbers):
    """Round and round, from a place of this run's own: two runs at once seldom meet, and never if they
    have different shares (SIPSPAN_PORTS, below SHARES)."""
    share = os.environ.get("SIPSPAN_PORTS")
    if share:
        size = len(numbers) // SHARES
        numbers = numbers[int(share) * size : (int(share) + 1) * size]
    begin = os.getpid() % len(numbers)
    return itertools.cycle(list(numbers[begin:]) + list(numbers[:begin]))


_PORTS = range(21000, 23600)
_ports = _cycle(_PORTS)
_RTP_BLOCKS = range(23600, 32700, 66)  # 66 ports each
_rtp_ranges = _cycle(_RTP_BLOCKS)


class Failure(AssertionError):
    """A part did not do what the test waits for."""


def free_port(count=1):
    """A port that is free for UDP and TCP on every loopback address, and the first of `count` of them."""
    for first in itertools.islice(_ports, 2 * len(_PORTS)):
        if all(_is_free(family, address, kind, number)
               for family, address in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1"))
               for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM)
               for number in range(first, first + count)):
            for _ in range(count - 1):
                next(_ports)
            return first
    raise Failure(f"no free port in {_PORTS}")


def rtp_range():
    """First and last of 66 ports for one gateway or 33 streams of a test."""
    for first in itertools.islice(_rtp_ranges, len(_RTP_BLOCKS)):
        if all(_is_free(socket.AF_INET, "127.0.0.1", socket.SOCK_DGRAM, first + i) for i in range(66)):
            return first, first + 65
    raise Failure(f"no free RTP ports in {_RTP_BLOCKS}")


def _is_free(family, address, kind, port):
    with socket.socket(family, kind) as probe:
        try:
            if kind == socket.SOCK_STREAM:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((address, port))
        except OSError as error:
            return family == socket.AF_INET6 and error.errno == 99  # this machine has no ::1
    return True


class Worker:
    """A thread of a test: work() goes on until end(). What it raises fails the test, in wait_until() or at
    the end; else the test would only see that nothing more happens."""

    problems = []

    def __init__(self, work):
        self.stopping = threading.Event()
        self._work = work
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self):
        self._thread.start()

    def _run(self):
        try:
            self._work()
        except BaseException:
            Worker.problems.append(traceback.format_exc())

    def end(self, seconds=5.0 * PATIENCE):
        """Safe to be called twice, or of a worker that was not started."""
        self.stopping.set()
        if self._thread.is_alive():
            self._thread.join(seconds)
        if self._thread.is_alive():
            raise Failure(f"a thread of the test still runs after {seconds} s: {self._work.__qualname__}")
        self.tell()

    @classmethod
    def tell(cls):
        told, cls.problems = cls.problems, []
        if told:
            raise Failure("a thread of the test failed:\n" + "\n".join(told))


def wait_until(what, condition, seconds=10.0, every=0.02):
    """Waits for condition() to be true and returns its value; fails with the name `what`."""
    seconds *= PATIENCE
    deadline = time.monotonic() + seconds
    while True:
        Worker.tell()
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise Failure(f"after {seconds} s still no {what}")
        time.sleep(every)  # the pause between two looks


class Stalls:
    """How long this machine did not let us run while the block lasted. late_ms: the worst of it for this
    thread; waited_ms: of WINDOW, for as much did some program wait for a processor."""

    TICK, WINDOW = 0.005, 0.050

    def __enter__(self):
        self.late_ms = self.waited_ms = 0.0
        self._worker = Worker(self._watch)
        self._worker.start()
        return self

    def __exit__(self, *what):
        self._worker.end()

    def _watch(self):
        last = began = time.monotonic()
        waited = _waited_ms()
        while not self._worker.stopping.wait(self.TICK):
            now = time.monotonic()
            self.late_ms = max(self.late_ms, (now - last - self.TICK) * 1000)
            last = now
            if now - began >= self.WINDOW:
                before, waited, began = waited, _waited_ms(), now
                self.waited_ms = max(self.waited_ms, waited - before)


def _waited_ms():
    """Since the machine started, by any program, for a processor of ours or of our host; 0 if the kernel does
    not count that."""
    try:
        pressure = Path("/proc/pressure/cpu").read_text().split("total=")[1].split()[0]
        stolen = Path("/proc/stat").read_text().split()[8]
        return int(pressure) / 1000 + int(stolen) * 10
    except (OSError, IndexError):
        return 0.0


class Process:
    """One program with its output in a file."""

    stdin = subprocess.DEVNULL

    def __init__(self, name, folder, program, *arguments, env=None):
        self.name, self.folder = name, Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.log = self.folder / f"{name}.log"
        self.argv = [str(program), *map(str, arguments)]
        self.env = {**os.environ, **(env or {})}
        self.child = None

    def start(self):
        with open(self.log, "ab") as output:
            self.child = subprocess.Popen(
                self.argv, stdin=self.stdin, stdout=output, stderr=output,
                cwd=self.folder, env=self.env,
                process_group=0,  # Ctrl-C is for us: we end what we started
                preexec_fn=lambda: _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL))
        return self

    @property
    def pid(self):
        return self.child.pid

    def running(self):
        return self.child is not None and self.child.poll() is None

    def text(self):
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    def wait_for_line(self, pattern, seconds=10.0, after=0):
        """Waits for a match of pattern in the output behind position `after`; returns the match."""

        def look():
            found = re.search(pattern, self.text()[after:], re.MULTILINE)
            if not found and not self.running():
                raise Failure(f"{self.name} ended with {self.child.returncode} before it said "
                              f"{pattern!r}:\n{self.tail()}")
            return found

        return wait_until(f"line {pattern!r} of {self.name}", look, seconds)

    def wait(self, seconds=30.0):
        """Waits for its end; returns the exit status."""
        seconds *= PATIENCE
        try:
            return self.child.wait(seconds)
        except subprocess.TimeoutExpired:
            raise Failure(f"{self.name} still runs after {seconds} s:\n{self.tail()}") from None

    def kill(self):
        """kill -9."""
        self.child.kill()
        self.child.wait(10 * PATIENCE)

    def stop(self):
        """Asks it to end; returns the exit status. A process that does not end is a failure."""
        if not self.running():
            return self.child.returncode if self.child else None
        self.child.terminate()
        try:
            return self.child.wait(10 * PATIENCE)
        except subprocess.TimeoutExpired:
            self.kill()
            raise Failure(f"{self.name} did not end on SIGTERM:\n{self.tail()}") from None

    def tail(self, lines=30):
        return "\n".join(self.text().splitlines()[-lines:])

    def __enter__(self):
        return self.start()

    def __exit__(self, kind, value, trace):
        if kind is None:
            self.stop()
        elif self.running():
            self.kill()


def run(*command, seconds=20.0, check=True):
    """Runs a command to its end; returns its output. check: a non-zero status is a failure."""
    done = subprocess.run([str(word) for word in command], stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=seconds * PATIENCE,
                          text=True, errors="replace")
    if check and done.returncode:
        raise Failure(f"{' '.join(done.args)}: status {done.returncode}\n{done.stdout}")
    return done.stdout if check else done
