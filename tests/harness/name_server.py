# SPDX-License-Identifier: GPL-2.0-or-later
"""Name servers on loopback: dnsmasq with NAPTR records, and one that never answers."""

import getpass
import socket

from .process import Process, free_port


def enum_name(number, domain):
    """"4.3.2.1.e164.test" of "1234"."""
    return ".".join(reversed(number)) + f".{domain}"


class NameServer(Process):
    """dnsmasq. records: (number, order, preference, flags, service, expression) below domain; other names
    there do not exist. more: options of dnsmasq with other records."""

    def __init__(self, folder, domain, records, more=()):
        self.port = free_port()
        super().__init__("dnsmasq", folder, "/usr/sbin/dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null",
                         "--pid-file=", "--no-resolv", "--no-hosts", "--log-facility=-", "--log-queries",
                         f"--user={getpass.getuser()}", "--listen-address=127.0.0.1", "--bind-interfaces",
                         f"--port={self.port}", f"--local=/{domain}/", "--local-ttl=60",
                         *(f"--naptr-record={enum_name(number, domain)},{order},{preference},{flags},{service},"
                           f"{expression}" for number, order, preference, flags, service, expression in records),
                         *more)

    @property
    def address(self):
        return f"127.0.0.1:{self.port}"

    def start(self):
        super().start()
        self.wait_for_line("started")
        return self

    def asked(self, number, domain):
        """How often for that number."""
        return self.text().count(f"query[NAPTR] {enum_name(number, domain)} ")


class SilentNameServer:
    """Takes questions and says nothing."""

    def __enter__(self):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", free_port()))
        return self

    def __exit__(self, *_):
        self.socket.close()

    @property
    def address(self):
        return "127.0.0.1:%d" % self.socket.getsockname()[1]
