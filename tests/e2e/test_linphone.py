# SPDX-License-Identifier: GPL-2.0-or-later
"""Linphone as the phone: calls both ways by UDP, TCP and TLS, digits, hold, transfer, and what is heard."""

import re
import shutil
from contextlib import ExitStack

import numpy as np
import pytest

from harness.certificates import Certificate, authority, profile
from harness.exchange import Exchange
from harness.gateway import Gateway
from harness.linphone import Linphone
from harness.process import free_port, wait_until
from harness.speech import RATE, assert_heard, read_wav, write_wav

pytestmark = pytest.mark.skipif(not shutil.which("linphonec"), reason="linphone-cli is not installed")


class Tls:
    """What a gateway needs for TLS."""

    def __init__(self, folder, profile_lines=""):
        self.port = free_port()
        self.root = authority(folder, "root")
        identity = Certificate(folder, "gateway", self.root, "DNS:127.0.0.1")
        self.options = dict(
            listen_lines=f"listen-port secure {self.port}",
            sip_lines="transport tcp tls\ncrypto signaling default tls-profile 1",
            blocks=profile(1, identity, self.root, profile_lines))


@pytest.mark.audio
@pytest.mark.usefixtures("known_leaks")
def test_echo_by_each_transport(folder, spans, exchange, sentence):
    tls = Tls(folder)
    with Gateway(folder, *spans, **tls.options) as gateway, ExitStack() as stack:
        gateway.wait_until_up(exchange)
        ports = {"udp": gateway.sip_port, "tcp": gateway.sip_port, "tls": tls.port}
        phones = [Linphone(folder, sentence, name=transport, user=f"408555{n}", transport=transport,
                           roots=tls.root.certificate)
                  for n, transport in enumerate(ports)]
        for phone in phones:
            stack.enter_context(phone)
            phone.call(f"sip:0001@127.0.0.1:{ports[phone.transport]};transport={phone.transport}")
        assert "TLSv1." in gateway.command("show sip-ua connections tls detail")
        wait_until("speech", lambda: all(phone.heard_seconds() > 4.2 for phone in phones))
        for phone in phones:
            phone.hang_up()
            phone.stop()
            assert_heard(sentence, phone.heard())
        assert {record["calling"] for record in gateway.call_records(3)} == {"4085550", "4085551", "4085552"}
        assert {record["cause"] for record in gateway.call_records(3)} == {"16"}


def test_digits_hold_and_blind_transfer(folder, gateway, sentence):
    """Subscriber 0009 sends back the digits that it hears."""
    with Linphone(folder, sentence, user="4085550123") as phone:
        call = phone.call(f"sip:0009@127.0.0.1:{gateway.sip_port}")
        phone.send_digits("159")
        wait_until("digits", lambda: phone.digits() == "159")
        gateway.command("debug ccsip messages")
        phone.hold(call)
        gateway.wait_for_line("a=recvonly")
        phone.resume(call)
        phone.send_digits("#")
        wait_until("digit", lambda: phone.digits() == "159#")
        phone.transfer(call, f"sip:0001@127.0.0.1:{gateway.sip_port}")
        phone.wait_for_end()
    gateway.wait_for_calls(1)
    brief = gateway.command("show call active brief")
    assert re.search("0009.*0001", brief), brief


@pytest.mark.audio
def test_attended_transfer_by_tcp(folder, spans, sentence):
    """Subscriber 0001 sends back what he hears."""
    said, heard = folder / "said.wav", folder / "exchange-heard.wav"
    write_wav(said, np.concatenate([np.zeros(RATE * 3 // 2), read_wav(sentence)]))  # it is transferred meanwhile
    with Linphone(folder, sentence, user="2001999", transport="tcp") as phone, \
            Gateway(folder, *spans, target=f"ipv4:127.0.0.1:{phone.port}",
                    peer_lines="session transport tcp") as gateway, \
            Exchange(folder, *reversed(spans), "--call", "4085550123", "2001999", "--play", said,
                     "--record", heard, "--hold", "5.7") as caller:
        call = phone.wait_for_call()
        phone.wait_for_answer()
        phone.hold(call)
        second = phone.call(f"sip:0001@127.0.0.1:{gateway.sip_port};transport=tcp")
        phone.transfer(call, second)
        phone.wait_for_end()
        caller.finish()
        assert {record["services"] for record in gateway.call_records(2)} == {"joined"}
    assert_heard(said, heard)
