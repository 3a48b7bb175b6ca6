# SPDX-License-Identifier: GPL-2.0-or-later
"""The dial plan at work: numbers changed, calls refused, trunk and server groups, emergency calls.

One gateway with two lines of two channels each, both in trunk group pstn, an exchange behind each, and
three SIP phones: `caller`, and the servers `first` and `second` of a server group.
"""

import re
import time

import pytest

from harness.exchange import Exchange
from harness.gateway import Gateway
from harness.process import free_port, rtp_range, wait_until
from harness.sip_phone import SipPhone
from harness.span import span_driver

EMERGENCY_SECONDS = 5  # from the number dialled to the answer, another call's channel taken on the way

_LINE = """\
controller e1 {n}
 driver {driver}
 clock source line
 pri-group timeslots 1-2
interface serial {n}:D
 isdn bchan-number-order ascending
voice-port {n}:D
 cptone GB
 trunk-group pstn {n}
"""

_CONFIG = """\
hostname dialplan
trunk group pstn
 hunt-scheme sequential
{lines}\
 connection plar 4200
voice service voip
 allow-connections sip to sip
 ip address trusted list
  ipv4 127.0.0.1
 rtp-port range {rtp[0]} {rtp[1]}
 sip
  bind control address 127.0.0.1
  bind media address 127.0.0.1
  listen-port non-secure {sip}
call-record file {records}
emergency 112
emergency preempt
voice translation-rule 1
 rule 1 /^8/ //
voice translation-rule 2
 rule 1 /^\\(2...\\)$/ /+44207946\\1/
voice translation-rule 3
 rule 1 reject /^666/
voice translation-profile in
 translate called 1
voice translation-profile out
 translate calling 2
voice translation-profile nuisance
 translate calling 3
voice class uri 1 sip
 user-id ^777
voice class uri 2 sip
 user-id ^888
voice class dpg 1
 dial-peer 32 preference 1
 dial-peer 33 preference 2
voice class server-group 1
 ipv4 127.0.0.1 port {first} preference 1
 ipv4 127.0.0.1 port {second} preference 2
 huntstop 1 resp-code 480
dial-peer cor custom
 name local
 name pstn
dial-peer cor list visitors
 member local
dial-peer cor list pstn
 member pstn
dial-peer voice 1 voip
 incoming called-number .
 translation-profile incoming in
 call-block translation-profile incoming nuisance
 call-block disconnect-cause incoming call-reject
dial-peer voice 2 voip
 incoming uri from 1
 destination dpg 1
dial-peer voice 3 voip
 incoming uri from 2
 corlist incoming visitors
dial-peer voice 4 pots
 incoming called-number .
dial-peer voice 10 pots
 destination-pattern 9....
 trunkgroup pstn
 corlist outgoing pstn
dial-peer voice 11 pots
 destination-pattern 112
 trunkgroup pstn
 prefix 0001
dial-peer voice 30 voip
 destination-pattern 4...
 session server-group 1
 translation-profile outgoing out
dial-peer voice 31 voip
 destination-pattern 4...
 preference 5
 session target ipv4:127.0.0.1:{third}
dial-peer voice 32 voip
 destination-pattern 99999
 session target ipv4:127.0.0.1:{first}
dial-peer voice 33 voip
 destination-pattern 99999
 session target ipv4:127.0.0.1:{second}
"""


class Stage:
    def __init__(self, folder):
        self.spans = [(free_port(), free_port()) for _ in range(2)]
        self.caller, self.first, self.second, self.third = (SipPhone() for _ in range(4))
        self.phones = self.caller, self.first, self.second, self.third
        sip = free_port()
        text = _CONFIG.format(
            lines="".join(_LINE.format(n=n, driver=span_driver(*span))
                          for n, span in enumerate(self.spans, 1)),
            rtp=rtp_range(), sip=sip, records=folder / "sipspand.csv", first=self.first.port,
            second=self.second.port, third=self.third.port)
        self.gateway = Gateway(folder, 0, 0, text=text, sip_port=sip)
        self.exchanges = [Exchange(folder, *reversed(span), name=f"exchange-{n}")
                          for n, span in enumerate(self.spans, 1)]
        for phone in self.phones:
            phone.gateway = self.gateway.target

    def __enter__(self):
        for phone in self.phones:
            phone.__enter__()
        for exchange in self.exchanges:
            exchange.start()
        self.gateway.start()
        self.gateway.wait_until_up()
        wait_until("both lines", lambda: self.gateway.command("show isdn status").count("2 of 2 idle") == 2, 15)
        return self

    def __exit__(self, *what):
        self.gateway.__exit__(*what)
        for part in (*self.exchanges, *self.phones):
            part.__exit__(*what)

    def talk(self, number, caller="4085550100"):
        """A call of the phone that is answered."""
        call = self.caller.dial(number, caller)
        self.caller.wait_for_status(call, 200)
        return call

    def refused(self, number, caller="4085550100"):
        """The status of a call that is not answered, and its record."""
        before = len(self.gateway.call_records())
        call = self.caller.dial(number, caller)
        wait_until("final status", lambda: call.statuses and call.statuses[-1] >= 300, 10)
        return call.statuses[-1], self.gateway.call_records(before + 1)[-1]

    def hang_up(self, *calls):
        """Until all is idle; returns the records of all calls, oldest first."""
        for call in calls:
            self.caller.hang_up(call)
        self.gateway.wait_for_calls(0)
        wait_until("both lines", lambda: self.gateway.command("show isdn status").count("2 of 2 idle") == 2, 15)
        return self.gateway.call_records()


@pytest.fixture(scope="module")
def stage(tmp_path_factory):
    with Stage(tmp_path_factory.mktemp("dialplan")) as running:
        yield running


def test_trunk_group_overflows_to_its_next_line(stage):
    calls = [stage.talk("90001") for _ in range(4)]
    status, record = stage.refused("90001")
    assert (status, record["cause"]) == (503, "34")
    records = stage.hang_up(*calls)
    assert sorted(r["channel"] for r in records[-4:]) == ["1/1", "1/2", "2/1", "2/2"]


def test_numbers_are_changed_on_the_way(stage):
    call = stage.talk("84200", caller="2001")
    records = stage.hang_up(call)
    incoming, = stage.first.calls_of("4200", open_only=False)[-1:]
    assert "sip:+442079462001@" in incoming.remote
    assert (records[-1]["called"], records[-1]["called_sent"]) == ("84200", "4200")
    assert (records[-1]["calling"], records[-1]["calling_sent"]) == ("2001", "+442079462001")


def test_class_of_restriction_keeps_callers_out(stage):
    status, record = stage.refused("90001", caller="888")
    assert (status, record["cause"], record["peer_in"]) == (404, "1", "3")
    stage.hang_up(stage.talk("90001"))


def test_blocked_callers_are_refused(stage):
    status, record = stage.refused("4200", caller="6660")
    assert (status, record["cause"]) == (403, "21")
    assert "translation-profile nuisance of call-block, voice translation-rule 3 rule 1" in stage.gateway.text()


def test_a_peer_found_by_uri_leads_to_its_peer_group(stage):
    call = stage.talk("4200", caller="7771")
    record = stage.hang_up(call)[-1]
    assert (record["peer_in"], record["peer_out"]) == ("2", "32")
    status, record = stage.refused("4486", caller="7771")
    assert (status, record["peer_out"]) == (486, "32")
    status, record = stage.refused("4503", caller="7771")
    assert record["peer_out"] == "33"


def test_a_server_that_fails_is_followed_by_the_next(stage):
    before = [len(phone.calls_of("4", open_only=False)) for phone in stage.phones]

    def rang():
        now = [len(phone.calls_of("4", open_only=False)) for phone in stage.phones]
        return [after - b for after, b in zip(now, before)][1:]

    stage.refused("4503")
    assert rang() == [1, 1, 1]
    stage.refused("4480")  # huntstop: not the second server, but the next dial peer
    assert rang()[:2] == [2, 1]
    stage.refused("4486")
    assert rang()[:2] == [3, 1]


def test_a_port_with_plar_dials_for_the_caller(stage, folder):
    stage.exchanges[1].__exit__(None, None, None)
    before = len(stage.gateway.call_records())
    try:
        with Exchange(folder, *reversed(stage.spans[1]), "--call", "2079460000", "5", "--hold", "0.5",
                      name="caller") as exchange:
            assert "1 of 1 calls went as asked" in exchange.finish(40)
        record = stage.gateway.call_records(before + 1)[-1]
        assert (record["called"], record["peer_out"]) == ("4200", "30")
        assert record["channel"].startswith("2/")
    finally:
        stage.exchanges[1] = Exchange(stage.gateway.folder, *reversed(stage.spans[1]), name="exchange-2b").start()
        stage.exchanges[1].wait_until_up()  # until then the gateway takes it for the one before
        wait_until("both lines",
                   lambda: stage.gateway.command("show isdn status").count("2 of 2 idle") == 2, 20)


def test_an_emergency_call_takes_the_channel_of_the_newest_call(stage):
    calls = [stage.talk("90001") for _ in range(4)]
    start = time.monotonic()
    emergency = stage.talk("112")
    seconds = time.monotonic() - start
    assert seconds < EMERGENCY_SECONDS
    wait_until("end of a call", lambda: [c.state for c in calls].count("ended") == 1, 5)
    ended, = [call for call in calls if call.state == "ended"]
    assert re.search(r"Q\.850;cause=8\b", ended.reason)
    assert "Emergency          yes" in stage.gateway.command("show call active")
    records = stage.hang_up(emergency, *(call for call in calls if call is not ended))
    cleared = next(r for r in records if r["cause"] == "8")
    assert cleared["ended_by"] == "gateway" and cleared["emergency"] == ""
    record, = [r for r in records if r["emergency"] == "yes"]
    assert (record["called"], record["called_sent"], record["channel"]) == ("112", "0001", cleared["channel"])
    print(f"answered {1000 * seconds:.0f} ms after 112 was dialled")


def test_console_shows_what_peers_refer_to(stage):
    wait_until("end of the calls before", lambda: stage.gateway.command("show trunk group pstn").count(
        "channels 2 of 2 free") == 2)
    assert "Hunt Scheme is sequential" in stage.gateway.command("show trunk group pstn")
    assert "Rule 1:" in stage.gateway.command("show voice translation-rule 1")
    assert "Translated number: 4200" in stage.gateway.command("test voice translation-rule 1 84200")
    assert "member: pstn" in stage.gateway.command("show dial-peer cor")
    peer = stage.gateway.command("show dial-peer voice 30")
    assert "session server-group" in peer and "translation outgoing" in peer
    assert "trunkgroup pstn" in stage.gateway.command("show dial-peer voice summary")
