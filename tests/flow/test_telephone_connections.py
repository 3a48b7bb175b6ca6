# SPDX-License-Identifier: GPL-2.0-or-later
"""Telephones that have registered by TCP or TLS, and where they are called: on their connection; when it has
closed, at their Contact; if they are not there either, the caller is told at once."""

import time

import pytest

from harness.certificates import Certificate, authority, profile
from harness.gateway import Gateway
from harness.process import free_port, wait_until
from harness.sip_phone import SipPhone
from harness.sip_stream import SDP, Listener, client_context, connect, respond

BLOCKS = """\
voice register pool 1
 id network 127.0.0.1 mask 255.255.255.255
 number 1 5....
"""
NUMBER = "52001"
SOON_S = 3.5  # on a crowded machine: no wait for who is silent
SILENT_S = 4  # T1 x 8: no answer to the INVITE and to those sent again


def register(connection, contact, q="1.0"):
    transport = connection.transport
    connection.send(["REGISTER sip:127.0.0.1 SIP/2.0",
                     f"Via: SIP/2.0/{transport} {connection.local};branch=z9hG4bK{time.monotonic_ns()}",
                     "Max-Forwards: 70", f"From: <sip:{NUMBER}@127.0.0.1>;tag=1", f"To: <sip:{NUMBER}@127.0.0.1>",
                     f"Call-ID: {connection.local}", "CSeq: 1 REGISTER", f"Contact: <{contact}>;q={q};expires=600"])
    connection.expect("SIP/2.0 200")


def contact(host, transport="tcp"):
    return f"sip:{NUMBER}@{host};transport={transport}"


def answer(connection, host):
    invite = connection.expect(f"INVITE sip:{NUMBER}@")
    respond(connection, invite, "200 OK", contact=contact(host), body=SDP.format(version=1))
    connection.expect("ACK")


@pytest.fixture
def gateway(folder, spans):
    with Gateway(folder, *spans, listen_lines="registrar server", blocks=BLOCKS) as running:
        wait_until("console", running.listens)
        yield running


@pytest.fixture
def caller(gateway):
    with SipPhone() as phone:
        phone.gateway = gateway.target
        phone.register("53001")
        yield phone


def refused(caller, within):
    began = time.monotonic()
    call = caller.dial(NUMBER, caller="53001")
    wait_until("refusal", lambda: call.state == "ended", within + 3)
    assert call.status == 480
    return time.monotonic() - began


def no_connection(gateway):
    wait_until("end of the connection", lambda: "127.0.0.1" not in gateway.command("show sip-ua connections tcp brief"), 5)


def test_on_its_connection_then_at_its_contact(gateway, caller):
    with Listener() as listener:
        at = f"127.0.0.1:{listener.port}"
        with connect(gateway.target) as connection:
            register(connection, contact(at))
            call = caller.dial(NUMBER, caller="53001")
            answer(connection, at)
            caller.wait_for_status(call, 200)
            caller.hang_up(call)
            connection.expect("BYE")
        call = caller.dial(NUMBER, caller="53001")
        with listener.accept() as connection:
            answer(connection, at)
            caller.wait_for_status(call, 200)


def test_who_is_not_there_is_no_long_wait(gateway, caller):
    with Listener() as listener:
        at = f"127.0.0.1:{listener.port}"
        with connect(gateway.target) as connection:
            register(connection, contact(at))
        silent = refused(caller, SILENT_S)  # it takes the connection, and says nothing
    gone = refused(caller, SOON_S)
    with connect(gateway.target) as connection:  # behind NAT
        register(connection, contact("192.0.2.1:5060"))
        call = caller.dial(NUMBER, caller="53001")
        answer(connection, "192.0.2.1:5060")
        caller.wait_for_status(call, 200)
    behind_nat = refused(caller, SOON_S)
    print(f"\n480 after {silent:.2f} s from one that is silent, {gone:.2f} s where nobody listens, {behind_nat:.2f} s behind NAT")
    assert SILENT_S - 0.2 < silent < SILENT_S + SOON_S
    assert gone < SOON_S and behind_nat < SOON_S


def test_the_next_contact_is_called(gateway, caller):
    with SipPhone() as other:
        other.gateway = gateway.target
        other.register(NUMBER, q="0.5")
        with connect(gateway.target) as connection:
            register(connection, contact("127.0.0.1:9"))
        began = time.monotonic()
        call = caller.dial(NUMBER, caller="53001")
        caller_hears = wait_until("call", lambda: other.calls_of(""), SOON_S)
        other.answer(caller_hears[0])
        caller.wait_for_status(call, 200)
        assert time.monotonic() - began < SOON_S


@pytest.mark.usefixtures("known_leaks")
def test_tls_without_a_certificate_of_its_own(folder, spans):
    port, root = free_port(), authority(folder, "root")
    identity = Certificate(folder, "gateway", root, "DNS:127.0.0.1")
    with Gateway(folder, *spans, listen_lines=f"registrar server\nlisten-port secure {port}",
                 sip_lines="transport tcp tls\ncrypto signaling default tls-profile 1",
                 blocks=profile(1, identity, root) + BLOCKS) as gateway, SipPhone() as caller:
        wait_until("console", gateway.listens)
        caller.gateway = gateway.target
        caller.register("53001")
        with connect(("127.0.0.1", port), client_context(root), "127.0.0.1") as connection:
            register(connection, contact("127.0.0.1:9", "tls"))
            call = caller.dial(NUMBER, caller="53001")
            answer(connection, "127.0.0.1:9")
            caller.wait_for_status(call, 200)
        refused(caller, SOON_S)
