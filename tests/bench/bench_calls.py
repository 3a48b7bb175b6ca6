#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""bench_calls.py - what G.711 calls over a DAHDI E1 cost, in instructions.

Runs in the virtual machine, whose clock counts instructions and whose idle time costs none:

    scripts/dahdi-vm --icount env SIPSPAN_BUILD=$PWD/build tests/bench/bench_calls.py

The exchange on span 2 calls; sipp answers and sends back what it hears. For 1, 10 and 30 calls at once it
prints what sipspand and sipspan-media use while the calls last, and what one call more costs. One
nanosecond of CPU is half an instruction there (--icount). Elsewhere the figures are nanoseconds of this
machine, good for comparing two builds only.

The goal is less than 4.5 million instructions a second per call: what a mature PBX needs for the same
with the same exchange. Exit status 1 if it is missed.
"""

import os
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from harness.exchange import Exchange  # noqa: E402
from harness.gateway import Gateway  # noqa: E402
from harness.process import wait_until  # noqa: E402
from harness.sipp import Sipp, recv_ack, recv_request, reply, sdp  # noqa: E402
from harness.span import Card  # noqa: E402

GOAL = 4.5
COUNTS = (1, 10, 30)
WARM_UP_S, MEASURED_S = 2.0, 8.0
INSTRUCTIONS_A_NS = 0.5  # -icount shift=1


def cpu_ns(pid):
    """That a process has run, exactly; the ticks of /proc/PID/stat would beat with its own 5 ms."""
    return int(Path(f"/proc/{pid}/schedstat").read_text().split()[0])


def until(condition_s):
    """Lets so many seconds pass."""
    end = time.monotonic() + condition_s
    wait_until("time", lambda: time.monotonic() >= end, condition_s + 60, 0.1)


def measure(folder, count):
    """Million instructions a second of sipspand and of sipspan-media with count calls."""
    answerer = Sipp(folder, [recv_request("INVITE"), reply("200 OK", sdp(), retrans=True), recv_ack(),
                             recv_request("BYE", timeout_ms=120000), reply("200 OK", in_dialog=True)],
                    calls=count, name=f"sipp-{count}", seconds=120, options=["-rtp_echo"])
    near, far = Card(1), Card(2)
    with answerer, Gateway(folder, near, far, target=f"ipv4:127.0.0.1:{answerer.port}",
                           name=f"gateway-{count}") as gateway:
        hold = WARM_UP_S + MEASURED_S + 6 + count / 10
        with Exchange(folder, far, near, "--call", "4085550123", "2001", "--count", count, "--hold", hold,
                      name=f"exchange-{count}") as exchange:
            gateway.wait_for_calls(count, 60)
            until(WARM_UP_S)
            pids = gateway.pid, gateway.media_pid()
            before, began = [cpu_ns(pid) for pid in pids], time.monotonic_ns()
            until(MEASURED_S)
            after, ended = [cpu_ns(pid) for pid in pids], time.monotonic_ns()
            exchange.finish(120)
        answerer.finish()
    return [(b - a) / (ended - began) * 1000 * INSTRUCTIONS_A_NS for a, b in zip(before, after)]


def main():
    with tempfile.TemporaryDirectory(prefix="sipspan-bench-", dir=os.environ.get("TMPDIR")) as folder:
        rows = {count: measure(Path(folder), count) for count in COUNTS}
    print("calls   sipspand  sipspan-media   million instructions a second (with --icount)")
    for count, (signalling, media) in rows.items():
        print(f"{count:5} {signalling:10.2f} {media:14.2f}")
    least, most = COUNTS[0], COUNTS[-1]
    each = (sum(rows[most]) - sum(rows[least])) / (most - least)
    print(f"one call more: {each:.2f} ({each * 20000:.0f} instructions each 20 ms); "
          f"goal {GOAL}: {GOAL / each:.1f} times better" if each < GOAL else
          f"one call more: {each:.2f}, goal {GOAL} missed")
    return each >= GOAL


if __name__ == "__main__":
    sys.exit(main())
