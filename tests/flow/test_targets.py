# SPDX-License-Identifier: GPL-2.0-or-later
"""SIP servers that fail: calls go on to the next one, OPTIONS busy dial peers out, and a voice port refuses
calls while its SIP trunk is down."""

import re
import time

import pytest

from harness.exchange import Exchange
from harness.gateway import Gateway
from harness.name_server import NameServer
from harness.process import free_port, rtp_range, wait_until
from harness.sip_phone import SipPhone

DOMAIN = "sip.test"
RESTORE = 3.0  # of a voice port
MARGIN = 5.0  # for a crowded machine
CONFIG = """\
hostname targets
ip name-server {name_server}
controller e1 1
 driver cesopsn listen 127.0.0.1:{near} peer 127.0.0.1:{far}
 clock source line
 pri-group timeslots 1-31
interface serial 1:D
voice-port 1:D
{port_lines}
voice service voip
 allow-connections sip to sip
 rtp-port range {rtp[0]} {rtp[1]}
 sip
  bind control address 127.0.0.1
  bind media address 127.0.0.1
  listen-port non-secure {sip}
call-record file {records}
voice class sip-options-keepalive 1
 up-interval 1
 down-interval 1
 retry 2
dial-peer voice 10 pots
 incoming called-number .
 port 1:D
dial-peer voice 20 voip
 destination-pattern 1T
 session target ipv4:127.0.0.1:{trunk}
 voice-class sip options-keepalive profile 1
dial-peer voice 21 voip
 destination-pattern 1T
 preference 1
 session target ipv4:127.0.0.1:{backup}
dial-peer voice 22 voip
 destination-pattern 2T
 session target dns:{domain}
dial-peer voice 23 voip
 destination-pattern 3T
 session target ipv4:127.0.0.1:{trunk}
dial-peer voice 24 voip
 destination-pattern 3T
 preference 1
 session target ipv4:127.0.0.1:{backup}
sip-ua
 timers trying {trying}
"""


class Site:
    def __init__(self, folder, name_server, trunk, backup, port_lines="", trying=100):
        self.folder, self.trunk, self.backup = folder, trunk, backup
        self.near, self.far = free_port(), free_port()
        sip = free_port()
        text = CONFIG.format(name_server=name_server.address, near=self.near, far=self.far, sip=sip,
                             rtp=rtp_range(), records=folder / "sipspand.csv", domain=DOMAIN, trunk=trunk.port,
                             backup=backup.port, port_lines=port_lines, trying=trying)
        self.gateway = Gateway(folder, self.near, self.far, sip_port=sip, text=text)
        trunk.gateway = backup.gateway = self.gateway.target

    def __enter__(self):
        self.gateway.start()
        wait_until("console of the gateway", self.gateway.listens)
        return self

    def __exit__(self, *what):
        self.gateway.__exit__(*what)

    def call(self, number, *arguments):
        """From the ISDN line; the call must go as asked."""
        with Exchange(self.folder, self.far, self.near, "--call", "2079460000", number, *arguments,
                      name="caller") as caller:
            return caller.finish()

    def summary(self, tag):
        text = self.gateway.command("show dial-peer voice summary")
        return next(line for line in text.splitlines() if line.startswith(f"{tag} "))

    def wait_for_keepalive(self, state):
        wait_until(f"dial peer 20 {state}", lambda: f" {state} " in self.summary(20), 10)


@pytest.fixture
def phones():
    with SipPhone() as trunk, SipPhone() as backup:
        yield trunk, backup


@pytest.fixture
def name_server(folder, phones):
    """Three servers by NAPTR and SRV: nobody is at the first, and the second is the backup."""
    more = [f"--naptr-record={DOMAIN},10,10,s,SIP+D2U,,_sip._udp.{DOMAIN}",
            f"--srv-host=_sip._udp.{DOMAIN},dead.{DOMAIN},{free_port()},1,0",
            f"--srv-host=_sip._udp.{DOMAIN},live.{DOMAIN},{phones[1].port},2,0",
            f"--srv-host=_sip._udp.{DOMAIN},last.{DOMAIN},{phones[0].port},3,0",
            *(f"--host-record={host}.{DOMAIN},127.0.0.1" for host in ("dead", "live", "last"))]
    with NameServer(folder, DOMAIN, [], more) as running:
        yield running


@pytest.fixture
def site(folder, name_server, phones):
    with Site(folder, name_server, *phones) as running:
        yield running


def called(phone):
    return [call.number for call in phone.calls_of("", open_only=False)]


def test_options_busy_a_dial_peer_out_and_bring_it_back(site):
    site.trunk.options = 404  # alive
    wait_until("OPTIONS", lambda: sum("OPTIONS" in line for _, _, line in site.trunk.log) >= 4, 10)
    assert " active " in site.summary(20) and " active " not in site.summary(21)
    for status in (503, None):
        site.trunk.options = status
        site.wait_for_keepalive("busy-out")
        assert "dial-peer 20 busied-out" in site.gateway.command("show dial-peer state")
        told = site.gateway.command("show voice class sip-options-keepalive")
        assert re.search(rf"busy-out +ipv4:127.0.0.1:{site.trunk.port}, .*retry 2, 1 dial peer\n.* down ", told)
        assert re.search(r"20.*busied.out", site.gateway.command("explain 12200"))
        if status == 503:
            site.gateway.command("csim start 12200")
        site.trunk.options = 200
        site.wait_for_keepalive("active")
    site.gateway.command("csim start 13200")
    assert called(site.trunk) == ["13200"] and called(site.backup) == ["12200"]
    changes = [line for line in site.gateway.text().splitlines() if "session target ipv4" in line]
    assert len(changes) == 4 and "busied out, used by 1 dial peer" in changes[0]


def test_a_name_leads_to_the_server_that_lives(site, name_server):
    for _ in range(2):
        site.gateway.command("csim start 2200")
    assert called(site.backup) == ["2200", "2200"] and not called(site.trunk)
    assert name_server.text().count(f"query[NAPTR] {DOMAIN} ") == 1 + 1  # the second for the list of trusted hosts
    assert "failing for" in site.gateway.command("show sip-ua targets")


def test_the_next_call_does_not_wait_for_a_server_that_was_silent(folder, name_server, phones):
    silent_s = 8 * 0.4
    with Site(folder, name_server, *phones, trying=400) as site:
        site.trunk.gateway = ("127.0.0.1", 1)  # it hears nothing
        for least, most in ((silent_s, silent_s + MARGIN), (0, silent_s)):
            began = time.monotonic()
            site.gateway.command("csim start 31200")
            took = [at for at, _, line in site.backup.log if line.startswith("INVITE sip:31200@")][-1] - began
            assert least - 0.05 < took < most
        assert f"127.0.0.1:{site.trunk.port}/udp" in site.gateway.command("show sip-ua targets")


def test_a_voice_port_takes_no_calls_while_its_trunk_is_down(folder, name_server, phones):
    with Site(folder, name_server, *phones, port_lines=" busyout monitor dial-peer 20") as site:
        assert "in service" in site.gateway.command("show voice busyout")
        site.trunk.options = 503
        site.wait_for_keepalive("busy-out")
        assert "busied out" in site.gateway.command("show voice busyout")
        assert "busyout" in site.gateway.command("show isdn service")
        site.call("14200", "--expect-cause", "34")
        began = time.monotonic()
        site.trunk.options = 200
        wait_until("voice port", lambda: "in service" in site.gateway.command("show voice busyout"), RESTORE + MARGIN)
        assert time.monotonic() - began >= RESTORE
        site.call("14200", "--hold", "0.2")
        assert called(site.trunk) == ["14200"] and not called(site.backup)
        assert site.gateway.text().count("voice-port 1:D: ") == 2
