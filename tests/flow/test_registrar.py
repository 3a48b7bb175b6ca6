# SPDX-License-Identifier: GPL-2.0-or-later
"""What the console and the metrics tell of telephones that have registered."""

import re
import select
import socket
import time
import urllib.request

import pytest
from harness.gateway import Gateway
from harness.process import Failure, Worker, free_port, wait_until
from harness.sip_phone import SipPhone

_CONFIG = """\
hostname gw
location store memory
voice service voip
 sip
  bind control address 127.0.0.1
  bind media address 127.0.0.1
  listen-port non-secure {port}
  registrar server
voice register global
 max-dn 3
voice register pool 1
 id network 127.0.0.0 mask 255.0.0.0
 number 1 20.. preference 2
voice register pool 7
 id ip 127.0.0.1
 number 1 alice
 max registrations 1
metrics port {metrics}
sip-ua
 transport udp
"""
_REGISTER = """\
REGISTER sip:127.0.0.1 SIP/2.0\r
Via: SIP/2.0/UDP 127.0.0.1:{own};branch=z9hG4bK{cseq};rport\r
Max-Forwards: 70\r
From: <sip:{name}@127.0.0.1>;tag=1\r
To: <sip:{name}@127.0.0.1>\r
Call-ID: register-{name}\r
CSeq: {cseq} REGISTER\r
User-Agent: bench phone 1.0\r
{more}Content-Length: 0\r
\r
"""


_MANAGED = """\
voice register global
 mode refuse
call-manager-fallback
 call-manager 1 ipv4:127.0.0.1:{manager}
 keepalive {keepalive} misses 3
 hold-down 300ms
"""


class Site:
    def __init__(self, folder, more=""):
        self.port, self.metrics = free_port(), free_port()
        self.gateway = Gateway(folder, 0, 0, sip_port=self.port,
                               text=_CONFIG.format(port=self.port, metrics=self.metrics) + more)
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.socket.settimeout(60)
        self.cseq = 0

    def register(self, name, more):
        self.cseq += 1
        own = self.socket.getsockname()[1]
        self.socket.sendto(_REGISTER.format(own=own, name=name, cseq=self.cseq, more=more).encode(), ("127.0.0.1", self.port))
        return int(self.socket.recv(65536).split()[1])

    def samples(self):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.metrics}/metrics", timeout=60) as answer:
            return dict(line.rsplit(" ", 1) for line in answer.read().decode().splitlines() if not line.startswith("#"))


@pytest.fixture
def site(folder):
    site = Site(folder)
    with site.gateway as gateway:
        wait_until("console", gateway.listens)
        yield site
    site.socket.close()


def test_who_is_registered_is_shown(site):
    ask = site.gateway.command
    assert site.register("2002", "Contact: <sip:2002@127.0.0.1:5070>;expires=600\r\n") == 200
    assert site.register("2001", "Contact: <sip:2001@127.0.0.1:5071>;expires=600\r\nPath: <sip:127.0.0.1:5072;lr>\r\n") == 200
    assert site.register("alice", "Contact: <sip:alice@127.0.0.1:5073>;expires=600\r\n") == 200
    assert site.register("2003", "Contact: <sip:2003@127.0.0.1:5074>\r\n") == 503
    assert site.register("2001", "Contact: <sip:2001@127.0.0.1:5071>;expires=5\r\n") == 423
    assert site.register("4000", "Contact: <sip:4000@127.0.0.1:5071>\r\n") == 403
    own = site.socket.getsockname()[1]
    everything = ask("show voice register all")
    pools = ask("show voice register pool all")
    assert everything.endswith(pools)
    assert "Registrar: on, mode standby; expires 60 to 3600 s, standby 120 s" in everything
    assert "Call managers: none configured" in everything
    assert "max-pool none, max-dn 3; passwords: nobody is asked" in everything
    first, seventh = ask("show voice register pool 1"), ask("show voice register pool 7")
    assert pools == first + seventh
    assert "Pool 1, dial peer 40001\n  number 20.., preference 2\n  numbers registered: 2\n" in first
    lines = first.splitlines()[4:]
    assert re.fullmatch(rf"  2001 +(600|5\d\d)  registered 127\.0\.0\.1:{own} +udp  sip:2001@127\.0\.0\.1:5071  bench phone 1\.0", lines[0])
    assert lines[1] == "    by <sip:127.0.0.1:5072;lr>"
    assert lines[2].startswith("  2002 ")
    assert "numbers registered: 1, at most 1" in seventh and "sip:alice@127.0.0.1:5073" in seventh
    status = ask("show sip-ua status registrar")
    assert re.search(rf"^2001 +127\.0\.0\.1:{own} +(600|5\d\d) +sip:2001@127\.0\.0\.1:5071\nudp +register-2001\n +40001$", status, re.M)
    peer = ask("show dial-peer voice 40001")
    assert "  voice register pool      1\n" in peer and "session target" not in peer
    assert "There is no voice register pool 9" in ask("show voice register pool 9", check=False).stdout


def test_what_was_asked_is_counted(site):
    assert site.register("2001", "Contact: <sip:a@127.0.0.1:5071>\r\n") == 200
    assert site.register("2001", "") == 200
    assert site.register("2001", "Contact: *\r\nExpires: 0\r\n") == 200
    assert site.register("2001", "Contact: <sip:a@127.0.0.1:5071>;expires=1\r\n") == 423
    assert site.register("alice", "Contact: <sip:a@127.0.0.1:5071>\r\n") == 200
    assert site.register("4000", "") == 403
    samples = site.samples()
    got = {result: int(samples[f'sipspan_phone_registers_total{{result="{result}"}}'])
           for result in ("accepted", "removed", "queried", "refused", "too brief", "too many", "failed", "out of order")}
    assert got == {"accepted": 2, "removed": 1, "queried": 1, "refused": 1, "too brief": 1, "too many": 0, "failed": 0,
                   "out of order": 0}
    assert samples["sipspan_phone_numbers"] == samples["sipspan_location_store_up"] == "1"
    assert samples['sipspan_phone_contacts{origin="registered"}'] == "1"
    said = site.gateway.command("show voice register statistics")
    assert "REGISTER: 2 accepted, 1 of removal, 1 queries\n" in said
    assert "Registered: 1 numbers, 1 contacts\nStore: up;" in said


class Manager:
    """A call manager that answers OPTIONS, or is silent."""

    def __init__(self):
        self.answers = True
        self.worker = Worker(self._serve)
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]

    def __enter__(self):
        self.worker.start()
        return self

    def __exit__(self, *_):
        self.worker.end()
        self.socket.close()

    def _serve(self):
        while not self.worker.stopping.is_set():
            if not select.select([self.socket], [], [], 0.05)[0]:
                continue
            request, source = self.socket.recvfrom(65536)
            if self.answers:
                lines = request.decode().split("\r\n\r\n")[0].split("\r\n")[1:]
                keep = [line for line in lines if line.split(":")[0] in ("Via", "From", "Call-ID", "CSeq", "To")]
                keep = [line + ";tag=m" if line.startswith("To:") else line for line in keep]
                self.socket.sendto("\r\n".join(["SIP/2.0 200 OK", *keep, "Content-Length: 0", "", ""]).encode(), source)


def test_telephones_register_when_the_call_manager_is_gone_and_are_sent_home_when_it_is_back(folder):
    contact = "Contact: <sip:2001@127.0.0.1:5071>\r\n"
    with Manager() as manager:
        site = Site(folder, _MANAGED.format(manager=manager.port, keepalive="200ms"))
        with site.gateway as gateway:
            wait_until("console", gateway.listens)
            wait_until("refusal", lambda: site.register("2001", contact) == 503, 10, 0.05)
            manager.answers = False
            silent = time.monotonic()
            wait_until("registration", lambda: site.register("2001", contact) == 200, 10, 0.05)
            took = time.monotonic() - silent
            assert took < 3 * 0.2 + 1 + 5, took  # keepalive x misses + 1 s; 5 s for a crowded machine
            manager.answers = True
            wait_until("refusal", lambda: site.register("2001", contact) == 503, 10, 0.05)
            assert site.register("2001", "Contact: *\r\nExpires: 0\r\n") == 200
        site.socket.close()


_DRILLED = _MANAGED + """\
 voicemail 8200
voice register global
 max-dn 10
voice register pool 3
 id network 127.0.0.0 mask 255.0.0.0
 number 1 8...
"""


def test_a_drill_tells_who_came_over_and_how_calls_went(folder):
    contact = "Contact: <sip:2001@127.0.0.1:5071>\r\n"
    with Manager() as manager, SipPhone() as phone:
        site = Site(folder, _DRILLED.format(manager=manager.port, keepalive=60))
        phone.gateway = ("127.0.0.1", site.port)
        with site.gateway as gateway:
            ask = gateway.command
            wait_until("console", gateway.listens)
            assert "There has been no drill." in ask("show survivability")
            assert "% Pool 9: there is no such voice register pool." in ask("test survivability pool 9 down", check=False).stdout
            assert "Pool 3: down for 0 s, ends by itself in 1" in ask("test survivability pool 3 down")
            assert "% Pool 3: it is down already." in ask("test survivability pool 3 down", check=False).stdout
            for number in ("8488", "8200", "8486", "8180"):
                phone.register(number)
            assert site.register("2001", contact) == 503  # of another pool
            for caller, number, status in (("8486", "8200", 200), ("8488", "8486", 200),  # by voicemail
                                           ("8200", "8180", 180), ("8200", "8488", 488)):
                call = phone.dial(number, caller)
                phone.wait_for_status(call, status)
                phone.hang_up(call)
            wait_until("end of calls", lambda: ", 0 up" in ask("show survivability"), 5)
            running, report = ask("show survivability"), ask("test survivability pool 3 up")
            assert running.splitlines()[1:] == report.splitlines()[1:]
            assert re.match(r"Pool 3: was down for \d+ s, ended by order\n"
                            r"  Telephones: 4 came over, the slowest after \d+\.\d{3} s; 0 did not\n"
                            r"    8180 +after +\d+\.\d{3} s\n    8200 +after .*\n    8486 +after .*\n    8488 +after .*\n"
                            r"  Calls: 2 answered, 1 not answered, 1 failed, 0 up\n"
                            r"    call \d+ from 8200 to 8488: cause \d+ \(.+\)\n$", report), report
            assert ask("show survivability") == report
            assert "there is no drill of this pool" in ask("test survivability pool 3 up", check=False).stdout
            with pytest.raises(Failure, match="503"):
                phone.register("8200")
        site.socket.close()
