#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""bench_delay.py - what the gateway adds: set-up delay and audio delay.

It stands on both sides of the gateway: as SIP and RTP peer, and on the pseudowire between gateway and
exchange. Times are from packet to packet, as seen from outside; run it on an idle machine.

  set-up      INVITE sent to first bit of the Q.931 SETUP on the D channel, 100 calls. The wire
              carries a packet a millisecond, served in ticks of 5 ms: that is in the figure.
  in the call INVITE in to SETUP out by sipspand's own clock (show call history N)
  to PSTN     RTP packet sent to its first octet on the B channel
  to IP       an octet on the B channel to the RTP packet that carries it, less the time that the
              packet took to fill behind that octet

Each is also given as a multiple of a bare UDP round trip on this machine. Exit status 1 if the set-up
delay by sipspand's clock is 2 ms or more in the median.
"""

import re
import socket
import statistics
import sys
import tempfile
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from harness.exchange import Exchange  # noqa: E402
from harness.gateway import Gateway  # noqa: E402
from harness.process import Failure, free_port, wait_until  # noqa: E402
from harness.rtp import RtpEnd, RtpEnds  # noqa: E402
from harness.sipp import (Sipp, ack, bye, invite, pause, provisional, recv, sdp)  # noqa: E402
from harness.wire import Wire  # noqa: E402

CALLS = 100
BURSTS = 50
LIMIT_MS = 2.0
TIMESLOTS, FRAMES, D_TIMESLOT, CONTROL_WORD = 31, 8, 16, 4
SILENCE = b"\xd5"
MARK = b"\x2a"


def udp_round_trip_ms(count=300):
    """Median of a round trip to a thread that sends back what it gets."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as far, \
            socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as near:
        far.bind(("127.0.0.1", 0))
        near.connect(far.getsockname())
        far.settimeout(2)

        def echo():
            for _ in range(count):
                data, who = far.recvfrom(2048)
                far.sendto(data, who)

        threading.Thread(target=echo, daemon=True).start()
        times = []
        for _ in range(count):
            began = time.monotonic()
            near.send(b"x" * 172)
            near.recv(2048)
            times.append((time.monotonic() - began) * 1000)
    return statistics.median(times)


class Watch:
    """Notes when something appears on the pseudowire."""

    def __init__(self):
        self.d_octet = {True: None, False: None}
        self.d_changed = None  # first change of the gateway's D timeslot since arm()
        self.marks = {True: [], False: []}  # times at which a mark began, by direction
        self.marked = {True: False, False: False}

    def arm(self):
        self.d_changed = None

    def __call__(self, from_gateway, now, payload):
        audio = payload[CONTROL_WORD:]
        if len(audio) != TIMESLOTS * FRAMES:
            return
        for octet in audio[D_TIMESLOT - 1 :: TIMESLOTS]:
            if octet != self.d_octet[from_gateway] and from_gateway and self.d_changed is None:
                self.d_changed = now
            self.d_octet[from_gateway] = octet
        seen = any(audio[i::TIMESLOTS].find(MARK) >= 0 for i in range(TIMESLOTS) if i != D_TIMESLOT - 1)
        if seen and not self.marked[from_gateway]:
            self.marks[from_gateway].append(now)
        self.marked[from_gateway] = seen


class Caller:
    """A SIP caller of a busy subscriber, just enough to time an INVITE."""

    def __init__(self, target):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", free_port()))
        self.socket.settimeout(5)
        self.target = target
        self.count = 0

    def _request(self, method, to_tag="", body=""):
        host, port = self.socket.getsockname()
        return (f"{method} sip:0003@{self.target[0]}:{self.target[1]} SIP/2.0\r\n"
                f"Via: SIP/2.0/UDP {host}:{port};branch=z9hG4bKbench{self.count}\r\n"
                f"Max-Forwards: 70\r\nFrom: <sip:4085550100@{host}>;tag=b{self.count}\r\n"
                f"To: <sip:0003@{self.target[0]}>{to_tag}\r\nCall-ID: bench-{self.count}-{port}\r\n"
                f"CSeq: 1 {method}\r\nContact: <sip:bench@{host}:{port}>\r\n"
                + ("Content-Type: application/sdp\r\n" if body else "")
                + f"Content-Length: {len(body)}\r\n\r\n{body}").encode()

    def call(self):
        """Places a call that will be refused; returns when the INVITE was sent."""
        self.count += 1
        body = (f"v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
                f"m=audio {free_port()} RTP/AVP 8\r\n")
        invite_text = self._request("INVITE", body=body)
        began = time.monotonic()
        self.socket.sendto(invite_text, self.target)
        while True:
            answer = self.socket.recv(65536).decode()
            status = int(answer.split()[1])
            if status >= 200:
                tag = re.search(r"^To:.*?(;tag=[^;\s]+)", answer, re.MULTILINE).group(1)
                self.socket.sendto(self._request("ACK", tag), self.target)
                if status != 486:
                    raise Failure(f"the busy subscriber answered {answer.splitlines()[0]}")
                return began


def measure_setup(gateway, watch):
    caller = Caller(gateway.target)
    outside, inside = [], []
    for _ in range(CALLS):
        wait_until("idle D channel", lambda: _is_quiet(watch), 5)
        began = caller.call()
        outside.append((watch.d_changed - began) * 1000)
    for record in gateway.call_records(CALLS):
        found = re.search(r"^\s*(\d+\.\d+) .*\bSETUP\b", gateway.command(
            f"show call history {record['call_id']}"), re.MULTILINE)
        if found:
            inside.append(float(found.group(1)) * 1000)
    return outside, inside


def _is_quiet(watch):
    watch.arm()
    time.sleep(0.03)  # longer than any frame lasts
    if watch.d_changed is None:
        watch.arm()
        return True
    return False


def measure_audio(folder, gateway, watch):
    """Bursts of a mark in one call to the echo; returns delays to the PSTN and to IP in ms."""
    end = RtpEnd(free_port(2), SILENCE * 160)
    sent = []

    def burst():
        # one packet of marks in the place of one of silence
        end.play = MARK * 160
        before = end.sent
        wait_until("packet with the mark", lambda: end.sent > before, 2, 0.001)
        end.play = SILENCE * 160

    original = end.send

    def send(octet, timestamp, payload):
        if payload[:1] == MARK and (not sent or sent[-1][1] != timestamp - 160):
            sent.append((time.monotonic(), timestamp))
        elif payload[:1] == MARK:
            sent[-1] = (sent[-1][0], timestamp)
        original(octet, timestamp, payload)

    end.send = send
    sipp = Sipp(folder, [invite(sdp(port="[field0]")), provisional(), recv(200), ack(),
                         pause(BURSTS * 250 + 2000), bye(), recv(200)],
                gateway.target, "0001", fields=[(end.port,)], seconds=BURSTS + 20)
    with RtpEnds([end]), sipp:
        wait_until("audio", lambda: len(end.heard) > 50, 10)
        for i in range(BURSTS):
            burst()
            wait_until("mark back", lambda: len(_marks_heard(end)) > i, 3, 0.01)
            wait_until("its end", lambda: not any(watch.marked.values()), 3, 0.01)
        sipp.finish()
    heard = _marks_heard(end)
    to_pstn = [(b - a[0]) * 1000 for a, b in zip(sent, watch.marks[True])]
    to_ip = [(b - a) * 1000 - fill for a, (b, fill) in zip(watch.marks[False], heard)]
    return to_pstn, to_ip


def _marks_heard(end):
    """When the first packet of each burst came, and how many ms of it are the mark and what follows."""
    times, before = [], False
    for arrival, _, _, _, payload in end.heard:
        seen = MARK in payload
        if seen and not before:
            times.append((arrival, (len(payload) - payload.index(MARK)) / 8))
        before = seen
    return times


def show(name, values, base, note=""):
    if not values:
        print(f"{name:<12} no figure")
        return
    values = sorted(values)
    median = statistics.median(values)
    print(f"{name:<12} median {median:7.2f} ms   90 % {values[int(len(values) * 0.9)]:7.2f} ms   "
          f"most {values[-1]:7.2f} ms   {median / base:7.1f} round trips{note}")


def main():
    base = udp_round_trip_ms()
    print(f"a bare UDP round trip: {base:.3f} ms")
    watch = Watch()
    with tempfile.TemporaryDirectory(prefix="sipspan-bench-") as name:
        folder = Path(name)
        with Wire() as wire, Exchange(folder, wire.c, wire.d) as exchange, \
                Gateway(folder, wire.a, wire.b) as gateway:
            gateway.wait_until_up(exchange)
            wire.watch = watch
            wait_until("the pseudowire", lambda: watch.d_octet[True] is not None)
            outside, inside = measure_setup(gateway, watch)
            to_pstn, to_ip = measure_audio(folder, gateway, watch)
    show("set-up", outside, base, f"   ({len(outside)} calls)")
    show("in the call", inside, base)
    show("to PSTN", to_pstn, base, f"   ({len(to_pstn)} bursts)")
    show("to IP", to_ip, base)
    return 1 if not inside or statistics.median(inside) >= LIMIT_MS else 0


if __name__ == "__main__":
    sys.exit(main())
