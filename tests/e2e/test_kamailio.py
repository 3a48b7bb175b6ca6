# SPDX-License-Identifier: GPL-2.0-or-later
"""Kamailio as the provider: the gateway registers there, and calls through it, both ways."""

import datetime
import re
import urllib.request

import pytest

from harness.certificates import Certificate, authority, profile
from harness.exchange import Exchange
from harness.gateway import Gateway
from harness.kamailio import KAMAILIO, PASSWORD, REALM, Kamailio
from harness.linphone import Account, Linphone
from harness.process import free_port, wait_until
from harness.speech import assert_heard
from harness.sipp import (Sipp, ack, bye, call, invite, provisional, recv, recv_ack, recv_request, reply, sdp)

pytestmark = pytest.mark.skipif(not KAMAILIO, reason="kamailio is not installed")


def lines(kamailio, transport="udp", password=PASSWORD, expires=60, gruu="", port=None):
    return (f"registrar ipv4:127.0.0.1:{port or kamailio.port} expires {expires} {transport}{gruu}\n"
            f"authentication username gw password {password} realm {REALM}\n"
            f"credentials number 0001 username gw password {password} realm {REALM}")


def status(gateway):
    """Of line 0001: "yes" or "no", and for how many seconds."""
    seen = re.search(r"^0001 +-1 +(\d+) +(yes|no) ", gateway.command("show sip-ua register status"), re.M)
    return (seen[2], int(seen[1])) if seen else ("", 0)


def wait_until_registered(gateway):
    wait_until("registration", lambda: status(gateway)[0] == "yes", 10, 0.1)


@pytest.mark.parametrize("algorithm, transport, gruu", [
    ("MD5", "udp", " gruu"),
    ("SHA-256", "tcp", ""),
])
def test_calls_both_ways_through_a_provider(folder, spans, algorithm, transport, gruu):
    callee = free_port()
    answers = [recv_request("INVITE"), reply("180 Ringing"), reply("200 OK", sdp(), retrans=True), recv_ack(),
               recv_request("BYE"), reply("200 OK", in_dialog=True)]
    with Kamailio(folder, algorithm, callee) as kamailio, \
            Gateway(folder, *spans, target=f"ipv4:127.0.0.1:{kamailio.port}",
                    sip_lines=lines(kamailio, transport, gruu=gruu),
                    peer_lines=f"session transport {transport}") as gateway:
        with Exchange(folder, spans[1], spans[0]) as exchange:
            gateway.wait_until_up(exchange)
            wait_until_registered(gateway)
            assert 40 < status(gateway)[1] <= 60
            assert f"127.0.0.1:{gateway.sip_port}" in kamailio.contacts()["0001"]
            # somebody calls the line
            call(folder, ("127.0.0.1", kamailio.port), "0001",
                 [invite(caller="stranger"), provisional(), recv(200, body="m=audio [1-9]"), ack(), bye(),
                  recv(200)])
            assert gateway.call_records(1)[0]["cause"] == "16"
        # a subscriber calls out: 407, and 200 when it is said who we are
        with Sipp(folder, answers, port=callee, name="callee") as sipp, \
                Exchange(folder, spans[1], spans[0], "--call", "4085550123", "2001", "--hold", "1") as caller:
            caller.finish()
            sipp.finish()
        assert gateway.call_records(2)[1]["cause"] == "16"
        gateway.stop()
        assert kamailio.contacts() == {}


def test_a_wrong_password_is_told_once_and_never_shown(folder, spans):
    with Kamailio(folder) as kamailio, \
            Gateway(folder, *spans, sip_lines=lines(kamailio, password="wr0ng-word")) as gateway:
        wait_until("console", gateway.listens)
        gateway.wait_for_line("0001 is not registered at .*: 401, user or password are missing or wrong")
        gateway.wait_for_line(f'realm "{REALM}" refuses user gw: its name or its password is wrong')
        assert status(gateway) == ("no", 0)
        assert "wr0ng-word" not in gateway.command("show running-config") + gateway.text()
        assert "password 7 " in gateway.command("show running-config")


def test_a_reload_registers_and_unregisters(folder, spans):
    with Kamailio(folder) as kamailio, Gateway(folder, *spans, sip_lines=lines(kamailio)) as gateway:
        wait_until("console", gateway.listens)
        wait_until_registered(gateway)
        text = gateway.config.read_text()
        gateway.config.write_text(text.replace("number 0001", "number 0002"))
        gateway.command("reload")
        wait_until("the other line alone", lambda: list(kamailio.contacts()) == ["0002"])


@pytest.mark.audio
@pytest.mark.usefixtures("known_leaks")
def test_calls_both_ways_by_tls_with_a_registered_phone(folder, spans, sentence):
    """Gateway, provider and telephone show certificates; all three register or are registered by TLS."""
    root = authority(folder, "root")
    names = "IP:127.0.0.1,DNS:127.0.0.1"  # the telephone wants it among the names of hosts
    identities = {name: Certificate(folder, name, root, names) for name in ("gateway", "kamailio", "phone")}
    secure, heard = free_port(), folder / "exchange-heard.wav"
    with Kamailio(folder, callee=secure, identity=identities["kamailio"]) as kamailio, \
            Gateway(folder, *spans, target=f"ipv4:127.0.0.1:{kamailio.tls_port}",
                    listen_lines=f"listen-port secure {secure}\noptions-keepalive up-interval 1 down-interval 1 retry 1",
                    peer_lines="session transport tcp tls",
                    sip_lines=lines(kamailio, "tls", port=kamailio.tls_port) +
                    "\ntransport tcp tls\ncrypto signaling default tls-profile 1",
                    blocks=profile(1, identities["gateway"], root, "client-verify")) as gateway, \
            Linphone(folder, sentence, user="2001999", transport="tls", roots=root.certificate,
                     identity=identities["phone"],
                     account=Account(f"127.0.0.1:{kamailio.tls_port}", PASSWORD, REALM)) as phone:
        with Exchange(folder, *reversed(spans)) as exchange:
            gateway.wait_until_up(exchange)
            wait_until_registered(gateway)
            phone.call("0001")
            phone.hang_up()
        with Exchange(folder, *reversed(spans), "--call", "4085550123", "2001999", "--play", sentence,
                      "--record", heard, "--hold", "4.2") as caller:
            phone.wait_for_call()
            caller.finish()
        shown = gateway.command("show dial-peer voice 200")
        assert re.search("options-keepalive +active", shown) and re.search("session transport +tcp tls", shown)
        connections = gateway.command("show sip-ua connections")
        assert "tls" in connections and "tcp " not in connections
        phone.stop()
        kamailio.kill()
        gateway.wait_for_line("busied out")
    assert_heard(sentence, heard)
    assert_heard(sentence, phone.heard())


def said_at(gateway, pattern):
    """Seconds, by the gateway's own log."""
    time = re.search(rf"^(\S+ \S+) .*{pattern}", gateway.text(), re.MULTILINE)[1]
    return datetime.datetime.fromisoformat(time).timestamp()


@pytest.mark.parametrize("transport", ["udp", "tcp"])
def test_the_secondary_registrar_takes_over_until_the_primary_is_back(folder, spans, transport):
    """Each of the states is a line of the log; the line is registered at the primary again after the hold-down."""
    (folder / "secondary").mkdir()
    with Kamailio(folder) as primary, Kamailio(folder / "secondary") as secondary:
        watched = (f"{lines(primary, transport)}\nregistrar ipv4:127.0.0.1:{secondary.port} {transport} secondary\n"
                   "keepalive registrar 500ms misses 4\nhold-down registrar 4")
        name = f"registrar ipv4:127.0.0.1:{primary.port}"
        metrics = free_port()
        with Gateway(folder, *spans, sip_lines=watched, blocks=f"metrics port {metrics}") as gateway:
            wait_until("console", gateway.listens)
            wait_until_registered(gateway)
            wait_until("both", lambda: "0001" in primary.contacts() and "0001" in secondary.contacts())
            gateway.wait_for_line(f"{name} is up ")
            primary.kill()
            gateway.wait_for_line(f"{name} is down ")
            with urllib.request.urlopen(f"http://127.0.0.1:{metrics}/metrics", timeout=60) as page:
                seen = page.read().decode()
            assert f'target="ipv4:127.0.0.1:{primary.port}/{transport}",state="down"}} 1' in seen, seen
            assert 'sipspan_registrar_changes_total{state="down"} 1' in seen
            assert status(gateway)[0] == "no"
            shown = gateway.command("show sip-ua register status secondary")
            assert re.search(r" is up for .*\n(.*\n)+0001 .* yes ", shown), shown
            primary.start()
            gateway.wait_for_line(f"{name} is returning ")
            assert "returning" in gateway.command("show sip-ua register status")
            assert primary.contacts() == {}
            gateway.wait_for_line(f"{name} is up .returning before")
            held = said_at(gateway, f"{name} is up .returning before") - said_at(gateway, f"{name} is returning ")
            wait_until_registered(gateway)
            print(f"{transport}: held down for {held:.3f} s")
            assert held > 3.9
            assert "0001" in primary.contacts()
            assert f"127.0.0.1:{primary.port} is up for " in gateway.command("show sip-ua register status")
