#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""bench_sip.py - what SIP costs sipspand, as ratios to what it costs sipp and the bare SIP stack here.

    SIPSPAN_BUILD=$PWD/build tests/bench/bench_sip.py [CALLS]

Calls from sipp's own caller through the gateway to sipp's own server, set up and torn down; calls that
stay up; OPTIONS and REGISTER. What they are compared with: sipp's server, and bench_echo, which gives
every request a transaction of the same stack and 200, and does nothing else. Times of one run may be
compared with each other only; goals stand behind them.

Memory: transactions stay for 32 s after their last message (RFC 3261, RFC 6026). What is in use is looked
at when those of the first calls have gone, and again when those of CALLS more have, 20 000 if none are
given; with CALLS nothing else is done (scripts/soak). Exit status 1 if a call was lost or a tenth more
memory is in use than before.
"""

import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from harness.gateway import Gateway  # noqa: E402
from harness.process import BUILD, free_port, wait_until  # noqa: E402

CONFIG = """\
hostname bench
controller e1 1
 driver cesopsn listen 127.0.0.1:{near} peer 127.0.0.1:{far}
 pri-group timeslots 1-31
voice service voip
 allow-connections sip to sip
 rtp-port range 20000 29999
 sip
  bind control address 127.0.0.1
  bind media address 127.0.0.1
  listen-port non-secure {sip}
  no source-limit trusted
dial-peer voice 11 voip
 incoming called-number .
 codec g711ulaw
dial-peer voice 20 voip
 destination-pattern 2...
 session target ipv4:127.0.0.1:{server}
 codec g711ulaw
"""
TELEPHONES = """\
voice register global
 mode registrar
voice register pool 1
 id network 127.0.0.0 mask 255.0.0.0
 number 1 1...
voice service voip
 sip
  registrar server
  no source-limit phones
"""
REQUEST = """<?xml version="1.0" encoding="UTF-8"?>
<scenario name="{method}">
<send retrans="500"><![CDATA[
{method} sip:[remote_ip]:[remote_port] SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
From: <sip:[field0]@[local_ip]:[local_port]>;tag=[pid]t[call_number]
To: <sip:[field0]@[remote_ip]:[remote_port]>
Call-ID: [call_id]
CSeq: 1 {method}
Max-Forwards: 70
Contact: <sip:[field0]@[local_ip]:[local_port]>
Content-Length: 0

]]></send>
<recv response="200"/>
</scenario>
"""
RATE, FAST, HELD = 100, 400, 400  # calls a second; calls
LINGER_S = 40
CALLS, REQUESTS, REQUEST_RATE = 20000, 20000, 4000
CPU_GOAL_MS, HELD_GOAL_KB, REQUESTS_GOAL = 1.25, 40, 5000


def cpu_ns(pid):
    return int(Path(f"/proc/{pid}/schedstat").read_text().split()[0])


def waited_ns(pid):
    """How long it could have run and had no core."""
    return int(Path(f"/proc/{pid}/schedstat").read_text().split()[1])


def resident_kb(pid):
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1])
    return 0


def in_use_kb(gateway):
    return int(re.search(r"in use: (\d+) kB", gateway.command("show memory")).group(1))


class Child:
    """Runs in the background until it is left."""

    def __init__(self, folder, *command):
        self.child = subprocess.Popen(command, cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                      stderr=subprocess.DEVNULL)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.child.kill()
        self.child.wait()


class Server(Child):
    def __init__(self, folder):
        self.port = free_port()
        super().__init__(folder, "sipp", "-sn", "uas", "-i", "127.0.0.1", "-p", str(self.port), "-nostdin")


class Echo(Child):
    def __init__(self, folder):
        self.port = free_port()
        super().__init__(folder, BUILD / "tests/bench/bench_echo", str(self.port))


def caller(port, count, rate, *options):
    return ["sipp", f"127.0.0.1:{port}", "-i", "127.0.0.1", "-p", str(free_port()), "-m", str(count), "-r", str(rate),
            "-nostdin", "-s", "2001", *options]


def call(folder, port, count, *options, rate=RATE):
    """Runs sipp to its end; 0: nothing was lost."""
    return subprocess.run(caller(port, count, rate, *options), cwd=folder, stdin=subprocess.DEVNULL,
                          stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=count / rate + 120).returncode


def lost(status):
    return "SOME LOST" if status else "none lost"


def measured(pids, work):
    """CPU of each, and what the work came to."""
    before = [cpu_ns(pid) for pid in pids]
    status = work()
    return [cpu_ns(pid) - b for pid, b in zip(pids, before)], status


def bench_held(folder, gateway):
    before, resident = in_use_kb(gateway), resident_kb(gateway.pid)
    with Child(folder, *caller(gateway.sip_port, HELD, RATE, "-d", f"{LINGER_S + 15}000")) as calls:
        wait_until("calls", lambda: gateway.active_calls() == HELD, 30, 0.2)
        fresh, resident = in_use_kb(gateway) - before, resident_kb(gateway.pid) - resident
        time.sleep(LINGER_S)
        held = in_use_kb(gateway) - before
        calls.child.wait()
    print(f"memory of a held call of two SIP legs: {held / HELD:.1f} kB (goal {HELD_GOAL_KB}); {fresh / HELD:.1f} kB in its "
          f"first 32 s, with its transactions, {resident / HELD:.1f} kB resident then")


def bench_calls(folder, gateway, server, echo):
    count = RATE * 15
    (cost, media, _), status = measured([gateway.pid, gateway.media_pid(), server.child.pid],
                                        lambda: call(folder, gateway.sip_port, count))
    (plain,), _ = measured([server.child.pid], lambda: call(folder, server.port, count))
    (bare,), _ = measured([echo.child.pid], lambda: call(folder, echo.port, count))
    print(f"SIP to SIP calls, {RATE} a second: {cost / count / 1e6:.2f} ms of CPU each (goal {CPU_GOAL_MS}), "
          f"{cost / plain:.1f} times sipp's server, {cost / bare:.1f} times bench_echo (two legs for one); "
          f"sipspan-media {media / count / 1e6:.2f} ms more; {lost(status)}")
    return status


def bench_memory(folder, gateway, count):
    """Many calls, fast."""
    call(folder, gateway.sip_port, FAST * LINGER_S, rate=FAST)  # tables of the stack grow to what so many need
    time.sleep(LINGER_S)
    before, waited, began = in_use_kb(gateway), waited_ns(gateway.pid), time.monotonic()
    (cost,), status = measured([gateway.pid], lambda: call(folder, gateway.sip_port, count, rate=FAST))
    waited = (waited_ns(gateway.pid) - waited) / 1e9 / (time.monotonic() - began)
    most = resident_kb(gateway.pid)
    time.sleep(LINGER_S)
    after = in_use_kb(gateway)
    print(f"{count} calls, {FAST} a second: {lost(status)}, {cost / count / 1e6:.2f} ms of CPU each; memory in use {before} kB "
          f"before and {after} kB after them, {most} kB resident with the transactions of the last 32 s"
          + (f"; the machine was busy: sipspand waited {waited:.0%} of the time for a core" if waited > 0.05 else ""))
    return status or after > before * 1.1


def bench_requests(folder, gateway, echo, method):
    """From a thousand users."""
    scenario, users = folder / "request.xml", folder / "users.csv"
    scenario.write_text(REQUEST.format(method=method))
    users.write_text("SEQUENTIAL\n" + "".join(f"{number};\n" for number in range(1000, 2000)))

    def cost(port, pid):
        (cpu,), status = measured([pid], lambda: call(folder, port, REQUESTS, "-sf", scenario, "-inf", users, rate=REQUEST_RATE))
        return cpu / REQUESTS, status

    ours, status = cost(gateway.sip_port, gateway.pid)
    bare, _ = cost(echo.port, echo.child.pid)
    print(f"{method}: {ours / 1e3:.0f} us of CPU each, a core does {1e9 / ours:.0f} a second (goal {REQUESTS_GOAL}), "
          f"{ours / bare:.1f} times bench_echo; {REQUESTS} sent, {REQUEST_RATE} a second, {lost(status)}")
    return status


def started(folder, server_port, more=""):
    near, far, sip = free_port(), free_port(), free_port()
    return Gateway(folder, near, far, sip_port=sip,
                   text=CONFIG.format(near=near, far=far, sip=sip, server=server_port) + more)


def wait_for(gateway):
    wait_until("console", gateway.listens)
    wait_until("media process", gateway.media_pid)


def main():
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 0
    failed = False
    with tempfile.TemporaryDirectory() as name, Server(name) as server:
        folder = Path(name)
        with started(folder, server.port) as gateway:
            wait_for(gateway)
            if count:
                return 1 if bench_memory(folder, gateway, count) else 0
            with Echo(folder) as echo:
                bench_held(folder, gateway)
                failed |= bench_calls(folder, gateway, server, echo)
                failed |= bench_memory(folder, gateway, CALLS)
                failed |= bench_requests(folder, gateway, echo, "OPTIONS")
        with started(folder / "registrar", server.port, TELEPHONES) as gateway, Echo(folder) as echo:
            wait_for(gateway)
            failed |= bench_requests(folder, gateway, echo, "REGISTER")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
