# SPDX-License-Identifier: GPL-2.0-or-later
"""Who watches lines sees what calls do to them: SUBSCRIBE and NOTIFY against a gateway with an exchange."""

import re
from xml.etree import ElementTree

import pytest

from harness.exchange import Exchange
from harness.gateway import Gateway
from harness.process import free_port
from harness.sip_phone import SipPhone
from harness.watcher import Watcher, call_states

PIDF = "{urn:ietf:params:xml:ns:pidf}"


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    folder = tmp_path_factory.mktemp("events")
    spans = free_port(), free_port()
    gateway = Gateway(folder, *spans, sip_lines="presence enable")
    gateway.config.write_text(gateway.config.read_text() + "presence\n watcher all\n")
    with Exchange(folder, *reversed(spans)) as exchange, gateway:
        gateway.wait_until_up(exchange)
        with SipPhone() as phone:
            phone.gateway = gateway.target
            yield gateway, phone, exchange


def test_number_port_and_channel_follow_a_call(site):
    gateway, phone, _ = site
    with Watcher(gateway, "0001", "dialog") as number, Watcher(gateway, "1%3AD", "dialog") as port, \
            Watcher(gateway, "1%3AD", "presence") as lamp:
        for watcher in (number, port, lamp):
            assert watcher.subscribe().status == 200
        assert call_states(number.expect("active", 'version="0"', 'state="full"')) == []
        assert call_states(port.expect("active", 'version="0"')) == []
        first = lamp.expect("active", "<basic>open</basic>")
        assert "on-the-phone" not in first.body
        ElementTree.fromstring(first.body).find(f"{PIDF}tuple")
        rows = gateway.command("show subscription sip")
        assert re.search(r"^dialog +0001 +127\.0\.0\.1:\d+ +active +\d+ +1$", rows, re.MULTILINE), rows
        assert re.search(r"^presence +1:D ", rows, re.MULTILINE), rows
        call = phone.dial("0001")
        phone.wait_for_status(call, 200)
        number.expect("active", "<state>confirmed</state>", 'direction="recipient"', "sip:4085550100@127.0.0.1")
        port.expect("active", "<state>confirmed</state>", "sip:4085550100@127.0.0.1")
        lamp.expect("active", "on-the-phone")
        phone.hang_up(call)
        number.expect("active", "<state>terminated</state>")
        port.expect("active", "<state>terminated</state>")
        idle = lamp.expect("active", "<basic>open</basic>")  # 5 s after the one before: it is not lost
        assert "on-the-phone" not in idle.body
        for watcher in (number, port, lamp):
            assert watcher.subscribe(expires=0).status == 200
            watcher.expect("terminated;reason=timeout")
        assert "Active 0" in gateway.command("show subscription sip")


def test_what_cannot_be_is_refused(site):
    gateway = site[0]
    for event, expires, status, header, value in (("winter", 600, 489, "allow-events", "dialog"),
                                                  ("dialog", 30, 423, "min-expires", "60"),
                                                  ("refer", 600, 489, "allow-events", "presence")):
        with Watcher(gateway, "0001", event) as watcher:
            answer = watcher.subscribe(expires)
            assert answer.status == status and value in answer.get(header)
    with Watcher(gateway, "9%3AD", "presence") as watcher:
        assert watcher.subscribe().status == 404


def test_refresh_tells_all_and_a_fork_is_another_subscription(site):
    gateway = site[0]
    with Watcher(gateway, "0003", "dialog;id=1") as watcher, Watcher(gateway, "0003", "dialog;id=1") as fork:
        assert watcher.subscribe(100).get("expires") == "100"
        watcher.expect("active;expires=100", 'version="0"')
        assert watcher.subscribe(200).get("expires") == "200"
        assert watcher.expect("active;expires=200", 'version="1"', 'state="full"').get("event") == "dialog;id=1"
        assert watcher.subscribe(event="dialog;id=2").status == 403
        assert fork.subscribe().status == 200
        fork.expect("active", 'version="0"')
        assert fork.remote_tag != watcher.remote_tag
        assert "Active 2" in gateway.command("show subscription sip")
        for one in (watcher, fork):
            one.subscribe(0)
            one.expect("terminated;reason=timeout")


def test_a_watcher_that_says_481_is_forgotten(site):
    gateway, phone, _ = site
    with Watcher(gateway, "0002", "dialog") as watcher:
        watcher.subscribe()
        watcher.expect("active")
        watcher.answer = "481 Subscription Does Not Exist"
        call = phone.dial("0002")
        watcher.expect("active", "<dialog id")
        phone.wait_for_status(call, 200)
        phone.hang_up(call)
        assert "Active 0" in gateway.command("show subscription sip")
        watcher.answer = "200 OK"
        assert watcher.subscribe().status == 481


def test_the_end_of_service_is_seen_and_so_is_that_of_watching(site):
    gateway = site[0]
    with Watcher(gateway, "1/31", "presence") as channel, Watcher(gateway, "1%3AD", "presence") as port:
        channel.subscribe()
        channel.expect("active", "<basic>open</basic>")
        gateway.command("isdn service 1/31 state 2")
        channel.expect("active", "<basic>closed</basic>")
        gateway.command("isdn service 1/31 state 0")
        port.subscribe()
        port.expect("active", "<basic>open</basic>")
        text = gateway.config.read_text()
        gateway.config.write_text(text.replace(" presence enable\n", ""))
        gateway.command("reload")
        for watcher in (channel, port):
            watcher.expect("terminated;reason=rejected")
        assert port.subscribe().status in (481, 489)
        gateway.config.write_text(text)
        gateway.command("reload")
