# SPDX-License-Identifier: GPL-2.0-or-later
"""RTP streams of a test: many ends that play G.711 octets and keep what they hear, in one thread."""

import select
import socket
import struct
import time

from .process import Worker

FRAME = 160
PTIME = 0.020
RTCP = range(192, 224)  # packet types (RFC 5761 4): of a stream to the port before ours, whose far end is not ours


class RtpEnd:
    """One end. `play`: octets that are repeated for ever; b"" keeps silent. The far end is learnt from
    what it sends, unless `remote` is given: the gateway speaks as soon as a call has media."""

    def __init__(self, port, play=b"", payload_type=8, address="127.0.0.1", remote=None, ssrc=None):
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        self.socket = socket.socket(family, socket.SOCK_DGRAM)
        self.socket.setblocking(False)
        self.socket.bind((address, port))
        self.port, self.play, self.payload_type, self.remote = port, play, payload_type, remote
        self.ssrc = ssrc or port * 65537
        self.sequence = self.timestamp = self.sent = 0
        self.sources = set()  # SSRCs heard
        self.heard = []  # (arrival, sequence, timestamp, payload type, payload)

    def tick(self):
        if not self.remote or not self.play:
            return
        at = self.sent * FRAME % len(self.play)
        payload = (self.play[at : at + FRAME] + self.play[:FRAME])[:FRAME]
        marker = 0x80 if self.sent == 0 else 0
        self.send(self.payload_type | marker, self.timestamp, payload)
        self.timestamp = (self.timestamp + FRAME) & 0xFFFFFFFF
        self.sent += 1

    def send(self, octet, timestamp, payload):
        head = struct.pack("!BBHII", 0x80, octet, self.sequence, timestamp, self.ssrc)
        self.sequence = (self.sequence + 1) & 0xFFFF
        try:
            self.socket.sendto(head + payload, self.remote)
        except OSError:
            pass  # its far end has gone

    def receive(self, now):
        while True:
            try:
                packet, sender = self.socket.recvfrom(2048)
            except OSError:
                return
            if len(packet) < 12 or packet[0] >> 6 != 2 or packet[1] in RTCP:
                continue
            if self.remote is None:
                self.remote = sender
            octet, sequence, timestamp, source = struct.unpack("!BHII", packet[1:12])
            self.sources.add(source)
            self.heard.append((now, sequence, timestamp, octet & 0x7F, packet[12:]))

    def lost(self):
        """Packets that the sequence numbers say were sent but did not come."""
        numbers = {h[1] for h in self.heard}
        if not numbers:
            return 0
        first = self.heard[0][1]
        return max((n - first) & 0xFFFF for n in numbers) + 1 - len(numbers)

    def octets(self, payload_type=None):
        """What was heard, put in order by timestamp; what is missing is filled with A-law silence."""
        wanted = self.payload_type if payload_type is None else payload_type
        packets = [h for h in self.heard if h[3] == wanted and h[4]]
        if not packets:
            return b""
        first = packets[0][2]
        out = bytearray()
        for _, _, timestamp, _, payload in sorted(packets, key=lambda h: (h[2] - first) & 0xFFFFFFFF):
            at = (timestamp - first) & 0xFFFFFFFF
            if at > len(out) + 8000 * 60:
                continue  # from before a jump back
            out += b"\xd5" * (at - len(out))
            out[at : at + len(payload)] = payload
        return bytes(out)

    def longest_silence_ms(self, is_sound=lambda payload: True):
        """Longest time between two arrivals of packets with sound."""
        times = [h[0] for h in self.heard if is_sound(h[4])]
        gaps = [b - a for a, b in zip(times, times[1:])]
        return max(gaps) * 1000 if gaps else float("inf")


class RtpEnds:
    """Runs ends: one packet each 20 ms, spread over the 20 ms. Use with `with`."""

    def __init__(self, ends):
        self.ends = ends
        self.worker = Worker(self._run)
        self.late_ms = 0.0  # how late our own clock ever was: above 20 the figures are in doubt

    def __enter__(self):
        self.worker.start()
        return self

    def __exit__(self, *_):
        try:
            self.worker.end()
        finally:
            for end in self.ends:
                end.socket.close()

    def _run(self):
        poll = select.epoll()
        by_fd = {end.socket.fileno(): end for end in self.ends}
        for fd in by_fd:
            poll.register(fd, select.EPOLLIN)
        due = [time.monotonic() + PTIME * i / len(self.ends) for i in range(len(self.ends))]
        turn = 0
        while not self.worker.stopping.is_set():
            now = time.monotonic()
            while due[turn] <= now:
                self.late_ms = max(self.late_ms, (now - due[turn]) * 1000)
                self.ends[turn].tick()
                due[turn] += PTIME
                turn = (turn + 1) % len(self.ends)
            for fd, _ in poll.poll(max(0.0, due[turn] - time.monotonic())):
                by_fd[fd].receive(time.monotonic())
        poll.close()
