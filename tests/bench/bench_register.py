#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""bench_register.py - what REGISTERs of telephones cost sipspand, bindings kept in a file.

    SIPSPAN_BUILD=$PWD/build tests/bench/bench_register.py [PHONES [SECONDS]]

PHONES (10 000) register as fast as they are answered, without and with a password, and register again;
then, at another gateway, they all fail over to it within SECONDS (60), each with a challenge and T1 of
0.5 s. At last they call each other, when PHONES have registered and when ten times as many have: how long from an
INVITE that goes to sipspand to the one that comes from there, as a ratio to calls that a dial peer sends to
where they come from. CPU is that of sipspand; goals stand behind. Exit status 1 if one did not get its 200, if
one of those that failed over had to send again though sipspand never waited for a core, or if half of the calls
took longer than they may.
"""

import hashlib
import re
import select
import socket
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from harness.gateway import Gateway  # noqa: E402
from harness.process import free_port, wait_until  # noqa: E402

CONFIG = """\
hostname bench
location store file {store}
voice service voip
 sip
  bind control address 127.0.0.1
  bind media address 127.0.0.1
  listen-port non-secure {port}
  registrar server
  no source-limit phones
  no source-limit trusted
voice register pool 1
 id network 127.0.0.0 mask 255.0.0.0
sip-ua
 transport udp
"""
PASSWORDS = """\
voice register global
 authenticate realm site
 authenticate users file {users}
"""
REGISTER = """\
REGISTER sip:127.0.0.1 SIP/2.0\r
Via: SIP/2.0/UDP 127.0.0.1:{own};branch=z9hG4bK{name}.{cseq};rport\r
Max-Forwards: 70\r
From: <sip:{name}@127.0.0.1>;tag=1\r
To: <sip:{name}@127.0.0.1>\r
Call-ID: register-{name}\r
CSeq: {cseq} REGISTER\r
Contact: <sip:{name}@127.0.0.1:{own}>\r
User-Agent: bench\r
{more}Expires: 3600\r
Content-Length: 0\r
\r
"""
CREDENTIALS = ('Authorization: Digest username="{name}",realm="site",nonce="{nonce}",uri="sip:127.0.0.1",'
               'response="{response}",algorithm=MD5,qop=auth,nc=00000001,cnonce="c"\r\n')
CALLS = """\
voice service voip
 allow-connections sip to sip
dial-peer voice 11 voip
 incoming called-number .
dial-peer voice 90 voip
 destination-pattern 9.....
 session target ipv4:127.0.0.1:{own}
"""
INVITE = """\
INVITE sip:{called}@127.0.0.1 SIP/2.0\r
Via: SIP/2.0/UDP 127.0.0.1:{own};branch=z9hG4bKcall{n};rport\r
Max-Forwards: 70\r
From: <sip:{caller}@127.0.0.1>;tag=call{n}\r
To: <sip:{called}@127.0.0.1>\r
Call-ID: call-{n}\r
CSeq: 1 INVITE\r
Contact: <sip:{caller}@127.0.0.1:{own}>\r
Content-Type: application/sdp\r
Content-Length: {size}\r
\r
{body}"""
SDP = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 9 RTP/AVP 8 0\r\n"
CALLS_COUNT = 400
WINDOW = 50  # without an answer, when as fast as can be
FIRST = 100000  # number
T1_S = 0.5
PLAIN_GOAL, DIGEST_GOAL = 5000, 2500  # a second, of one core
INVITE_GOAL_MS = 2


def schedule(pid):
    """CPU, and how long it could have run and had no core; seconds."""
    cpu, waited, _ = Path(f"/proc/{pid}/schedstat").read_text().split()
    return int(cpu) / 1e9, int(waited) / 1e9


def md5(text):
    return hashlib.md5(text.encode()).hexdigest()


class Phones:
    def __init__(self, port, count):
        """port: of the gateway."""
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        self.socket.bind(("127.0.0.1", 0))
        self.socket.setblocking(False)
        self.own = self.socket.getsockname()[1]
        self.target = "127.0.0.1", port
        self.names = [str(FIRST + n) for n in range(count)]
        self.cseq = 0
        self.waiting = {}  # name: (when, text), the oldest first
        self.again = self.failed = self.done = self.requests = 0

    def close(self):
        self.socket.close()

    def send(self, name, more=""):
        self.cseq += 1
        text = REGISTER.format(own=self.own, name=name, cseq=self.cseq, more=more).encode()
        self.waiting.pop(name, None)
        self.waiting[name] = time.monotonic(), text, more
        self.requests += 1
        self.socket.sendto(text, self.target)

    def hear(self, wait_s):
        if not select.select([self.socket], [], [], wait_s)[0]:
            return
        while True:
            try:
                answer = self.socket.recv(65536).decode()
            except BlockingIOError:
                return
            name = re.search(r"\r\nCall-ID: register-(\d+)", answer)[1]
            cseq = re.search(r"\r\nCSeq: (\d+)", answer)[1]
            if name not in self.waiting or f"\r\nCSeq: {cseq} ".encode() not in self.waiting[name][1]:
                continue  # to one that was sent twice
            entry = self.waiting.pop(name)
            if answer.startswith("SIP/2.0 401") and not entry[2]:
                self.prove(name, answer)
            elif answer.startswith("SIP/2.0 200"):
                self.done += 1
            else:
                self.failed += 1

    def prove(self, name, answer):
        nonce = re.search(r'nonce="([^"]+)"[^\r]*algorithm=MD5', answer)[1]
        response = md5(f"{md5(f'{name}:site:{name}')}:{nonce}:00000001:c:auth:{md5('REGISTER:sip:127.0.0.1')}")
        self.send(name, CREDENTIALS.format(name=name, nonce=nonce, response=response))

    def repeat(self):
        """What has had no answer for T1 goes out again, as RFC 3261 17.1.2 says, and counts."""
        now = time.monotonic()
        while self.waiting:
            name, (when, text, more) = next(iter(self.waiting.items()))
            if now - when < T1_S:
                return
            del self.waiting[name]
            self.waiting[name] = now, text, more
            self.again += 1
            self.socket.sendto(text, self.target)

    def register_all(self, seconds=0):
        """As fast as they are answered; or one after another within so many seconds."""
        self.again = self.failed = self.done = self.requests = 0
        began, left = time.monotonic(), list(reversed(self.names))
        deadline = began + seconds + 120
        while left or self.waiting:
            due = len(self.names) * (time.monotonic() - began) / seconds if seconds else len(self.names)
            while left and (len(self.waiting) < WINDOW or seconds) and len(self.names) - len(left) < due:
                self.send(left.pop())
            self.hear(0.005)
            self.repeat()
            if time.monotonic() > deadline:
                self.failed += len(self.waiting) + len(left)
                break
        return time.monotonic() - began


class Calls:
    """One after another, from and to telephones behind one socket; each is refused."""

    def __init__(self, phones):
        self.phones, self.number = phones, 0

    def receive(self, start):
        """The next message that begins so, and when it came."""
        deadline = time.monotonic() + 5
        while select.select([self.phones.socket], [], [], max(0, deadline - time.monotonic()))[0]:
            text, now = self.phones.socket.recv(65536).decode(), time.monotonic()
            if text.startswith(start):
                return text, now
        raise SystemExit(f"{start} did not come")

    def refuse(self, invite):
        kept = [line for line in invite.split("\r\n") if re.match(r"(Via|From|Call-ID|CSeq):", line)]
        to = re.search(r"\r\n(To: [^\r]*)", invite)[1]
        self.send("\r\n".join(["SIP/2.0 486 Busy Here", *kept, f"{to};tag=b", "Content-Length: 0", "", ""]))

    def send(self, text):
        self.phones.socket.sendto(text.encode(), self.phones.target)

    def call(self, called):
        """Milliseconds from the INVITE to its own."""
        self.number += 1
        invite = INVITE.format(called=called, caller=self.phones.names[0], own=self.phones.own, n=self.number,
                               size=len(SDP), body=SDP)
        began = time.monotonic()
        self.send(invite)
        text, came = self.receive("INVITE ")
        self.refuse(text)
        answer = self.receive("SIP/2.0 486")[0]
        to = re.search(r"\r\n(To: [^\r]*)", answer)[1]
        self.send(invite.replace("INVITE", "ACK").replace(f"To: <sip:{called}@127.0.0.1>", to)
                  .replace("Content-Type: application/sdp\r\n", "").replace(f"Length: {len(SDP)}", "Length: 0")
                  .replace(SDP, ""))
        return 1000 * (came - began)

    def measure(self, numbers):
        """Median and 99th percentile."""
        times = sorted(self.call(number) for number in numbers)
        return times[len(times) // 2], times[len(times) * 99 // 100]


def bench_calls(gateway, phones, plain):
    """plain: the median of calls that a dial peer sends."""
    count, cpu = len(phones.names), schedule(gateway.pid)[0]
    calls = phones.calls
    median, late = calls.measure(phones.names[1 + (n * 7919) % (count - 1)] for n in range(CALLS_COUNT))
    cpu = (schedule(gateway.pid)[0] - cpu) / CALLS_COUNT
    print(f"INVITE to one of {count} telephones: {median:.2f} ms later it goes out (goal {INVITE_GOAL_MS}), {median / plain:.1f} times as "
          f"long as by a dial peer; 99 of 100 within {late:.2f} ms, {cpu * 1e6:.0f} us of CPU for the whole call", flush=True)
    return median > INVITE_GOAL_MS


def bench_invites(folder, count):
    port = free_port()
    folder.mkdir()
    phones = Phones(port, 10 * count)
    everybody = phones.names
    text = CONFIG.format(port=port, store=folder / "locations") + CALLS.format(own=phones.own)
    with Gateway(folder, 0, 0, sip_port=port, text=text) as gateway:
        wait_until("console", gateway.listens)
        wait_until("media process", gateway.media_pid)
        failed, phones.calls = False, Calls(phones)
        phones.names = everybody[:1]
        phones.register_all()
        plain = phones.calls.measure(f"9{n:05}" for n in range(CALLS_COUNT))[0]
        for names in everybody[:count], everybody:
            phones.names = names
            phones.register_all()
            failed |= phones.failed > 0 or bench_calls(gateway, phones, plain)
    phones.close()
    return failed


def started(folder, count, passwords):
    port = free_port()
    text = CONFIG.format(port=port, store=folder / "locations")
    folder.mkdir()
    if passwords:
        users = folder / "users"
        users.touch(0o600)
        users.write_text("".join(f"{FIRST + n}:{FIRST + n}\n" for n in range(count)))
        text += PASSWORDS.format(users=users)
    return Gateway(folder, 0, 0, sip_port=port, text=text)


def bench(what, gateway, phones, goal=0, seconds=0):
    count = len(phones.names)
    cpu, waited = schedule(gateway.pid)
    took = phones.register_all(seconds)
    cpu, waited = (after - before for after, before in zip(schedule(gateway.pid), (cpu, waited)))
    print(f"{what}: {count / took:.0f} a second, {cpu / count * 1e6:.0f} us of CPU each ({cpu / phones.requests * 1e6:.0f} a request)"
          + (f", a core does {count / cpu:.0f} a second (goal {goal})" if goal else f" in {took:.1f} s")
          + f"; {phones.again} sent again, {phones.failed} failed; waited {waited / took:.0%} of the time for a core", flush=True)
    return phones.failed or phones.done != count or (seconds and phones.again and waited / took < 0.05)


def main():
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 10000
    seconds = float(sys.argv[2]) if len(sys.argv) > 2 else 60
    failed = False
    with tempfile.TemporaryDirectory() as name:
        for what, passwords, spread in (("", False, 0), (" with a password", True, 0), (" failing over", True, seconds)):
            with started(Path(name) / f"gateway{what.replace(' ', '-')}", count, passwords) as gateway:
                wait_until("console", gateway.listens)
                phones = Phones(gateway.sip_port, count)
                goal = 0 if spread else DIGEST_GOAL if passwords else PLAIN_GOAL
                failed |= bool(bench(f"{count} telephones{what}", gateway, phones, goal, spread))
                if not spread:
                    failed |= bool(bench(f"{count} again{what}", gateway, phones, goal))
                phones.close()
        failed |= bench_invites(Path(name) / "calls", count)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
