# SPDX-License-Identifier: GPL-2.0-or-later
"""Redis on a UNIX socket, which forgets all when it ends."""

import os
import shutil
import signal
import socket
import tempfile
from pathlib import Path

from .process import Process, wait_until

REDIS = shutil.which("redis-server")


class Redis(Process):
    def __init__(self, folder, name="redis"):
        self.home = Path(tempfile.mkdtemp(prefix="sipspan-"))  # a short path: it is one of a socket
        self.address = self.home / "redis"
        super().__init__(name, folder, REDIS, "--port", 0, "--unixsocket", self.address, "--dir", self.home,
                         "--save", "", "--appendonly", "no")

    def __enter__(self):
        self.start()
        wait_until("socket of Redis", self.answers)
        return self

    def __exit__(self, *what):
        self.go_on()
        super().__exit__(*what)
        shutil.rmtree(self.home)

    def answers(self):
        with socket.socket(socket.AF_UNIX) as probe:
            return self.running() and probe.connect_ex(str(self.address)) == 0

    def be_silent(self):
        os.kill(self.pid, signal.SIGSTOP)

    def go_on(self):
        if self.running():
            os.kill(self.pid, signal.SIGCONT)
