# SPDX-License-Identifier: GPL-2.0-or-later
"""Telephones that have registered are known again: after a kill -9, and to the other gateway of a site."""

import re
import socket
import time

import pytest

from harness.gateway import Gateway
from harness.process import free_port, wait_until
from harness.redis import REDIS, Redis

_CONFIG = """\
hostname {name}
location store {store}
voice service voip
 sip
  bind control address 127.0.0.1
  bind media address 127.0.0.1
  listen-port non-secure {port}
  registrar server expires max 3600 min 5
voice register global
 mode registrar
voice register pool 1
 id network 127.0.0.0 mask 255.0.0.0
sip-ua
 transport udp
"""
_REGISTER = """\
REGISTER sip:127.0.0.1 SIP/2.0\r
Via: SIP/2.0/UDP 127.0.0.1:{own};branch=z9hG4bK{branch};rport\r
Max-Forwards: 70\r
From: <sip:{name}@127.0.0.1>;tag=1\r
To: <sip:{name}@127.0.0.1>\r
Call-ID: register-{name}\r
CSeq: {cseq} REGISTER\r
{more}Content-Length: 0\r
\r
"""
PHONES = 50


def gateway(folder, name, store, port=None):
    port = port or free_port()
    return Gateway(folder, 0, 0, name=name, sip_port=port,
                   text=_CONFIG.format(name=name, store=store, port=port))


class Phones:
    """Telephones with the numbers 2000, 2001 and so on, behind one socket."""

    def __init__(self):
        self.cseq = 0

    def __enter__(self):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.socket.settimeout(60)
        return self

    def __exit__(self, *what):
        self.socket.close()

    def send(self, gateway, name, contact):
        self.cseq += 1
        own = self.socket.getsockname()[1]
        more = f"Contact: {contact}\r\n" if contact else ""
        self.socket.sendto(_REGISTER.format(own=own, name=name, cseq=self.cseq, branch=self.cseq,
                                            more=more).encode(), ("127.0.0.1", gateway.sip_port))

    def register(self, gateway, name, contact=""):
        """Status, and the URIs of all contacts there are. contact: none, only asks."""
        self.send(gateway, name, contact)
        while True:
            answer = self.socket.recv(65536).decode()
            if f"CSeq: {self.cseq} " in answer:
                return int(answer.split()[1]), re.findall(r"<(sip:[^>]*)>[^,\r]*expires=", answer)

    def keep_registering(self, gateway, name, contact):
        """As one that gets 503 comes again: a store that takes half a second is away for a moment. The URIs."""
        def accepted():
            status, contacts = self.register(gateway, name, contact)
            assert status in (200, 503)
            return status == 200 and (contacts,)
        return wait_until(f"registration of {name}", accepted)[0]

    def known(self, gateway, name):
        status, contacts = self.register(gateway, name)
        assert status == 200
        return contacts


def contact(name):
    return f"sip:{name}@127.0.0.1:{10000 + name}"


def put(name):
    return f"<{contact(name)}>;expires=600"


@pytest.fixture
def phones():
    with Phones() as all_of_them:
        yield all_of_them


def test_a_gateway_that_was_killed_knows_its_telephones(tmp_path, phones):
    store = f"file {tmp_path / 'locations'}"
    with gateway(tmp_path, "alpha", store) as alpha:
        wait_until("console", alpha.listens)
        for name in range(2000, 2000 + PHONES):
            assert phones.register(alpha, name, put(name)) == (200, [contact(name)])
        assert phones.register(alpha, 2000, f"<{contact(2000)}>;expires=0") == (200, [])
        phones.register(alpha, 2001, f"<{contact(2001)}>;expires=5")
        until = time.monotonic() + 5
        alpha.kill()
        wait_until("end of what was registered for 5 s", lambda: time.monotonic() > until)
        alpha.start()
        wait_until("console", alpha.listens)
        assert phones.known(alpha, 2000) == []
        assert phones.known(alpha, 2001) == []
        for name in range(2002, 2000 + PHONES):
            assert phones.known(alpha, name) == [contact(name)]


@pytest.mark.skipif(not REDIS, reason="no redis-server")
def test_either_gateway_of_a_site_can_die_and_so_can_redis(tmp_path, phones):
    with Redis(tmp_path) as redis, \
            gateway(tmp_path, "alpha", f"redis {redis.address}") as alpha, \
            gateway(tmp_path, "beta", f"redis {redis.address}") as beta:
        for one in alpha, beta:
            one.wait_for_line(r"Redis .*: connected")
            wait_until("console", one.listens)
        for name in range(2000, 2000 + PHONES):
            phones.keep_registering((alpha, beta)[name % 2], name, put(name))
        wait_until("the last numbers at the other gateway", lambda: all(
            phones.known(beta, name) for name in range(2000, 2000 + PHONES)))
        alpha.kill()
        for name in range(2000, 2000 + PHONES):
            assert phones.known(beta, name) == [contact(name)]
        assert phones.keep_registering(beta, 2000, f"<{contact(2000)}>;expires=0") == []
        said = len(alpha.text())
        alpha.start()
        alpha.wait_for_line(r"Redis .*: connected", after=said)
        assert phones.known(alpha, 2000) == []
        for name in range(2001, 2000 + PHONES):
            assert phones.known(alpha, name) == [contact(name)]

        redis.be_silent()
        assert phones.register(alpha, 2000, put(2000))[0] == 503
        assert phones.known(alpha, 2001) == [contact(2001)]
        assert phones.register(alpha, 2000, put(2000))[0] == 503
        said = len(alpha.text())
        redis.go_on()
        alpha.wait_for_line(r"Redis .*: connected", after=said)
        assert phones.keep_registering(alpha, 2000, put(2000)) == [contact(2000)]
        wait_until("number 2000 at the other gateway", lambda: phones.known(beta, 2000) == [contact(2000)])
