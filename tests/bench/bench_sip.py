#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""bench_sip.py - what SIP costs sipspand, as ratios to what it costs sipp on this machine.

    SIPSPAN_BUILD=$PWD/build tests/bench/bench_sip.py [CALLS]

Calls from sipp's own caller through the gateway to sipp's own server, set up and torn down; OPTIONS; and
calls that stay up. Times of one run may be compared with each other only. Goals stand behind them; with
1.25 ms of CPU a call one core does 400 calls a second twice over. With more than 100 000 CALLS the memory
before and after is what scripts/soak looks at: exit status 1 if it grew by more than a tenth.
"""

import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from harness.gateway import Gateway  # noqa: E402
from harness.process import free_port, wait_until  # noqa: E402

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
dial-peer voice 11 voip
 incoming called-number .
 codec g711ulaw
dial-peer voice 20 voip
 destination-pattern 2...
 session target ipv4:127.0.0.1:{server}
 codec g711ulaw
"""
OPTIONS = """<?xml version="1.0" encoding="UTF-8"?>
<scenario name="OPTIONS">
<send retrans="500"><![CDATA[
OPTIONS sip:[remote_ip]:[remote_port] SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
From: <sip:bench@[local_ip]:[local_port]>;tag=[pid]t[call_number]
To: <sip:[remote_ip]:[remote_port]>
Call-ID: [call_id]
CSeq: 1 OPTIONS
Max-Forwards: 70
Content-Length: 0

]]></send>
<recv response="200"/>
</scenario>
"""
OPTIONS_SERVER = """<?xml version="1.0" encoding="UTF-8"?>
<scenario name="OPTIONS server">
<recv request="OPTIONS"/>
<send><![CDATA[
SIP/2.0 200 OK
[last_Via:]
[last_From:]
[last_To:];tag=[pid]t[call_number]
[last_Call-ID:]
[last_CSeq:]
Content-Length: 0

]]></send>
</scenario>
"""
RATE, HELD = 100, 400
CPU_GOAL_MS, HELD_GOAL_KB, OPTIONS_GOAL = 1.25, 40, 5000


def cpu_ns(pid):
    return int(Path(f"/proc/{pid}/schedstat").read_text().split()[0])


def resident_kb(pid):
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1])
    return 0


class Server:
    def __init__(self, folder, *options):
        self.port = free_port()
        self.child = subprocess.Popen(["sipp", *options, "-i", "127.0.0.1", "-p", str(self.port), "-nostdin"], cwd=folder,
                                      stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.child.kill()
        self.child.wait()


def call(folder, port, count, *options, rate=RATE):
    """Runs sipp to its end. Returns failed calls."""
    done = subprocess.run(["sipp", f"127.0.0.1:{port}", "-i", "127.0.0.1", "-p", str(free_port()), "-m", str(count), "-r",
                           str(rate), "-nostdin", "-s", "2001", *options], cwd=folder, stdin=subprocess.DEVNULL,
                          stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=count / rate + 120)
    return done.returncode


def measured(pids, work):
    before = [cpu_ns(pid) for pid in pids]
    status = work()
    return [cpu_ns(pid) - b for pid, b in zip(pids, before)], status


def bench_calls(folder, gateway, server, count):
    call(folder, gateway.sip_port, 200)  # warm
    memory = resident_kb(gateway.pid)
    (cost, servers), status = measured([gateway.pid, server.child.pid], lambda: call(folder, gateway.sip_port, count))
    (plain,), _ = measured([server.child.pid], lambda: call(folder, server.port, min(count, 2000)))
    plain = plain / min(count, 2000)
    print(f"SIP to SIP calls, {RATE} a second: {cost / count / 1e6:.3f} ms of CPU each (goal {CPU_GOAL_MS}), "
          f"{cost / count / plain:.1f} times sipp's server (2 legs for 1); {'none' if not status else 'SOME'} lost")
    wait_until("the last calls", lambda: gateway.active_calls() == 0, 60)
    after = resident_kb(gateway.pid)
    print(f"memory after {count} calls: {memory} kB before, {after} kB after")
    return status, after <= memory * 1.1


def bench_options(folder, gateway):
    (folder / "options.xml").write_text(OPTIONS)
    (folder / "server.xml").write_text(OPTIONS_SERVER)
    count, rate = 20000, 4000
    began = time.monotonic()
    (cost,), status = measured([gateway.pid], lambda: call(folder, gateway.sip_port, count, "-sf", "options.xml", rate=rate))
    took = time.monotonic() - began
    with Server(folder, "-sf", "server.xml") as server:
        (plain,), _ = measured([server.child.pid], lambda: call(folder, server.port, count, "-sf", "options.xml", rate=rate))
    print(f"OPTIONS: {cost / count / 1e3:.0f} us of CPU each, a core does {1e9 * count / cost:.0f} a second (goal "
          f"{OPTIONS_GOAL}), {cost / plain:.2f} times sipp with two lines of XML; {count / took:.0f} a second were "
          f"sent, {'none' if not status else 'SOME'} lost")
    return status


def bench_held(folder, gateway):
    before = resident_kb(gateway.pid)
    with subprocess.Popen(["sipp", f"127.0.0.1:{gateway.sip_port}", "-i", "127.0.0.1", "-p", str(free_port()), "-m", str(HELD),
                           "-r", "100", "-d", "20000", "-s", "2001", "-nostdin"], cwd=folder, stdin=subprocess.DEVNULL,
                          stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as caller:
        wait_until("calls", lambda: gateway.active_calls() == HELD, 60, 0.2)
        each = (resident_kb(gateway.pid) - before) / HELD
        caller.wait()
    print(f"memory of a held call of two SIP legs: {each:.1f} kB (goal {HELD_GOAL_KB})")


def main():
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 3000
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        near, far, sip = free_port(), free_port(), free_port()
        with Server(folder, "-sn", "uas") as server:
            text = CONFIG.format(near=near, far=far, sip=sip, server=server.port)
            with Gateway(folder, near, far, sip_port=sip, text=text) as gateway:
                wait_until("console", gateway.listens)
                wait_until("media process", gateway.media_pid)
                lost, flat = bench_calls(folder, gateway, server, count)
                lost |= bench_options(folder, gateway)
                bench_held(folder, gateway)
    return 1 if lost or not flat else 0


if __name__ == "__main__":
    sys.exit(main())
