# SPDX-License-Identifier: GPL-2.0-or-later
"""Calls from an ISDN line that go out by ENUM, and on to the next dial peer if the DNS has nothing."""

import time

import pytest

from harness.exchange import Exchange
from harness.gateway import Gateway
from harness.name_server import NameServer, SilentNameServer
from harness.process import free_port, rtp_range, wait_until
from harness.sip_phone import SipPhone

DOMAIN = "e164.test"
TIME_LIMIT = 1.0
MARGIN = 3.0  # for a crowded machine
CONFIG = """\
hostname enum
ip name-server {name_server}
voice enum timeout {time_limit_ms}
controller e1 1
 driver cesopsn listen 127.0.0.1:{near} peer 127.0.0.1:{far}
 clock source line
 pri-group timeslots 1-31
interface serial 1:D
voice service voip
 allow-connections sip to sip
 rtp-port range {rtp[0]} {rtp[1]}
 sip
  bind control address 127.0.0.1
  bind media address 127.0.0.1
  listen-port non-secure {sip}
call-record file {records}
voice enum-match-table 1
 rule 1 1 /^1\\(.*\\)$/ /+44\\1/ {domain}
dial-peer voice 10 pots
 incoming called-number .
 port 1:D
dial-peer voice 11 voip
 incoming called-number .
dial-peer voice 20 voip
 destination-pattern 1T
 session target enum:1
dial-peer voice 21 voip
 destination-pattern 1T
 preference 1
 session target ipv4:127.0.0.1:{phone}
"""


class Site:
    """A gateway whose calls to 1... ask a name server first and else go to the telephone, which the
    name server's URIs name as well."""

    def __init__(self, folder, name_server, phone):
        self.folder, self.phone = folder, phone
        self.near, self.far = free_port(), free_port()
        sip = free_port()
        text = CONFIG.format(name_server=name_server.address, time_limit_ms=int(TIME_LIMIT * 1000), near=self.near,
                             far=self.far, sip=sip, rtp=rtp_range(), records=folder / "sipspand.csv",
                             domain=DOMAIN, phone=phone.port)
        self.gateway = Gateway(folder, self.near, self.far, sip_port=sip, text=text)
        phone.gateway = self.gateway.target

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

    def called(self):
        """User parts of the calls that the telephone had."""
        return [call.number for call in self.phone.calls_of("", open_only=False)]


@pytest.fixture
def phone():
    with SipPhone() as running:
        yield running


def uri(user, phone):
    return f"!^.*$!sip:{user}@127.0.0.1:{phone.port}!"


@pytest.fixture
def name_server(folder, phone):
    records = [
        ("441200", 10, 20, "u", "E2U+sip", uri("second200", phone)),
        ("441200", 10, 10, "u", "E2U+sip", uri("77200", phone)),
        ("441200", 1, 1, "u", "E2U+email:mailto", "!^.*$!mailto:info@example.com!"),
        ("442200", 10, 10, "u", "E2U+sip", uri("66503", phone)),  # it refuses
        ("442200", 10, 20, "u", "E2U+sip", uri("66200", phone)),
        ("443200", 10, 10, "u", "E2U+email:mailto", "!^.*$!mailto:info@example.com!"),
        ("445200", 10, 10, "u", "E2U+sip", uri("55486", phone)),  # busy
        ("446200", 10, 10, "u", "E2U+sip", uri("44503", phone)),  # the only one, and it refuses
    ]
    with NameServer(folder, DOMAIN, records) as running:
        yield running


@pytest.fixture
def site(folder, name_server, phone):
    with Site(folder, name_server, phone) as running:
        yield running


@pytest.mark.parametrize("number, called", [
    ("11200", ["77200"]),            # the first by preference
    ("12200", ["66503", "66200"]),   # the second, since the first is out of order
    ("13200", ["13200"]),            # no record for SIP: the next dial peer
    ("14200", ["14200"]),            # no such name
    ("16200", ["44503", "16200"]),   # the only URI is out of order
])
def test_a_call_goes_where_the_name_server_says_or_hunts_on(site, number, called):
    site.call(number, "--hold", "0.5")
    assert site.called() == called
    record, = site.gateway.call_records(1)
    assert record["cause"] == "16"
    assert record["peer_out"] == ("20" if called[-1] != number else "21")


def test_a_busy_callee_ends_the_call(site):
    site.call("15200", "--expect-cause", "17")
    assert site.called() == ["55486"]


def test_a_number_is_asked_once_while_its_record_lives(site, name_server):
    for _ in range(3):
        site.gateway.command("csim start 11200")
    assert site.called() == ["77200"] * 3
    assert name_server.asked("441200", DOMAIN) == 1
    assert "Names known already          2" in site.gateway.command("show enum counters")


def test_the_console_tells_each_step(site):
    told = site.gateway.command("test enum 1 11200")
    for text in ("rule 1: +441200 is 0.0.2.1.4.4.e164.test", '"E2U+email:mailto"',
                 "left out: its service is not SIP", f"call sip:77200@127.0.0.1:{site.phone.port}",
                 f"then sip:second200@127.0.0.1:{site.phone.port}"):
        assert text in told
    assert site.gateway.command("test enum 1 14200", check=False).returncode
    assert "There is no voice enum-match-table 2" in site.gateway.command("test enum 2 1", check=False).stdout
    cache = site.gateway.command("show enum cache")
    assert "0.0.2.1.4.4.e164.test" in cache and "0.0.2.4.4.4.e164.test" in cache
    assert "2 names forgotten" in site.gateway.command("clear enum cache")
    assert "/^1\\(.*\\)$/ /+44\\1/  e164.test" in site.gateway.command("show voice enum-match-table")


def test_a_silent_name_server_delays_no_longer_than_the_time_limit(folder, phone):
    with SilentNameServer() as silent, Site(folder, silent, phone) as site:
        site.call("11200", "--hold", "0.5")
        assert site.called() == ["11200"]
        began = time.monotonic()
        site.gateway.command("csim start 12200")
        took = next(at for at, _, line in phone.log if line.startswith("INVITE sip:12200@")) - began
        assert TIME_LIMIT - 0.05 < took < TIME_LIMIT + MARGIN
        assert "enum 1: 11200: no answer within the time limit" in site.gateway.text()
