# SPDX-License-Identifier: GPL-2.0-or-later
"""A pseudowire that a test can look at and disturb."""

import random
import select
import socket
import time

from .process import Worker, free_port


class Wire:
    """Stands between gateway and exchange: copies datagrams, and can lose or swap them.
    Gateway: listen a, peer b. Exchange: listen c, peer d. The wire is b and d."""

    def __init__(self):
        self.a, self.b, self.c, self.d = (free_port() for _ in range(4))
        self.loss = self.swap = 0.0
        self.cut = False
        self.random = random.Random(4)
        self.packets = 0
        self.watch = None  # called with (from the gateway?, time, payload) for each packet
        self.worker = Worker(self._run)

    def __enter__(self):
        self.worker.start()
        return self

    def __exit__(self, *_):
        self.worker.end()

    def _run(self):
        ends = {}
        for port, source, target in ((self.b, self.a, self.c), (self.d, self.c, self.a)):
            end = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            end.bind(("127.0.0.1", port))
            ends[end] = (source, target, [])
        out = {end: other for end, other in zip(ends, reversed(list(ends)))}
        while not self.worker.stopping.is_set():
            for end in select.select(list(ends), [], [], 0.1)[0]:
                now = time.monotonic()
                payload, sender = end.recvfrom(4096)
                source, target, held = ends[end]
                if sender[1] != source or self.cut or self.random.random() < self.loss:
                    continue
                self.packets += 1
                if self.watch:
                    self.watch(source == self.a, now, payload)
                if not held and self.random.random() < self.swap:
                    held.append(payload)
                    continue
                for packet in (payload, *held):
                    try:
                        out[end].sendto(packet, ("127.0.0.1", target))
                    except OSError:
                        pass
                held.clear()
        for end in ends:
            end.close()
