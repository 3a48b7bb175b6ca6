# SPDX-License-Identifier: GPL-2.0-or-later
"""SIP sessions between sipp and the exchange: reliable 1xx, UPDATE, session timers, INFO, forks."""

import pytest

from harness.exchange import Exchange
from harness.gateway import Gateway
from harness.process import free_port, wait_until
from harness.sipp import (PCMA, Sipp, ack, ack_refusal, bye, call, invite, pause, provisional, recv,
                          recv_ack, recv_request, reply, request, sdp)

RELIABLY = "Supported: 100rel"
KEPT = {"Via": "via", "From": "from", "To": "to", "CSeq": "cseq"}


def ereg(pattern, header, name):
    return f'<ereg regexp="{pattern}" search_in="hdr" header="{header}:" assign_to="{name}"/>'


def recv_reliable(status, body=None):
    """A 1xx that wants a PRACK; its RSeq is kept."""
    checks = recv(status, headers={"Require": "100rel"}, body=body)
    return checks.replace("<action>", f"<action>{ereg('[0-9]+', 'RSeq', 'rseq')}", 1)


def prack(cseq=2, body=""):
    return request("PRACK", body, cseq, extra="RAck: [$rseq] 1 INVITE")


def acknowledged(then=(), **options):
    """PRACK and its 200; the 1xx may have been sent again meanwhile."""
    again = recv(180, optional=True) + recv(183, optional=True)
    return [prack(**options), again, recv(200), *then]


# ---- SIP to ISDN

def update(cseq, direction, expected):
    return [request("UPDATE", sdp(direction=direction, version=cseq), cseq),
            recv(200, body=f"a={expected}")]


def info(cseq, kind, body):
    return request("INFO", body, cseq).replace("application/sdp", kind)


FROM_SIP = {
    "ringing": ("0001", [
        invite(extra=RELIABLY), recv(100, optional=True), recv_reliable(180), *acknowledged(),
        recv(200, body="m=audio [1-9]"), ack(), pause(200), bye(3), recv(200)]),
    "required": ("0001", [
        invite(extra="Require: 100rel"), recv(100, optional=True), recv_reliable(180), *acknowledged(),
        recv(200, body="m=audio [1-9]"), ack(), pause(200), bye(3), recv(200)]),
    "announcement": ("0008", [
        invite(extra=RELIABLY), recv(100, optional=True), recv_reliable(183, "m=audio [1-9]"),
        *acknowledged(), recv(404, timeout_ms=30000), ack_refusal()]),
    "offer-in-180": ("0001", [
        request("INVITE", "", 1, False, extra=RELIABLY), recv(100, optional=True),
        recv_reliable(180, "m=audio [1-9]"), *acknowledged(body=sdp((PCMA,))), recv(200), ack(),
        pause(200), bye(3), recv(200)]),
    "update": ("0001", [
        invite(), provisional(), recv(200), ack(), *update(2, "sendonly", "recvonly"),
        *update(3, "sendrecv", "sendrecv"), request("UPDATE", cseq=4), recv(200), bye(5), recv(200)]),
    "short-timer": ("0001", [
        invite(extra="Supported: timer\nSession-Expires: 60"), recv(100, optional=True),
        recv(422, headers={"Min-SE": "90"}), ack_refusal()]),
    "timer": ("0001", [
        invite(extra="Supported: timer\nSession-Expires: 90"), provisional(),
        recv(200, headers={"Session-Expires": "90;refresher=uac", "Require": "timer"}), ack(),
        request("UPDATE", cseq=2, extra="Supported: timer\nSession-Expires: 90;refresher=uac"),
        recv(200, headers={"Session-Expires": "90;refresher=uac"}), bye(3), recv(200)]),
    "info": ("0001", [
        invite(), provisional(), recv(200), ack(),
        info(2, "application/dtmf-relay", "Signal=5\nDuration=160"), recv(200),
        info(3, "application/media_control+xml", "x"),
        recv(415, headers={"Accept": "application/dtmf-relay"}),
        request("INFO", cseq=4), recv(200), bye(5), recv(200)]),
}


@pytest.fixture
def exchange(folder, spans):
    """Answers when the PRACK has its 200 long since: to sipp all 200 are alike."""
    with Exchange(folder, spans[1], spans[0], "--answer-delay", "300") as running:
        yield running


def test_sessions_of_a_sip_caller(folder, gateway):
    for name, (number, steps) in FROM_SIP.items():
        call(folder, gateway.target, number, steps, name=name)
    records = gateway.call_records(len(FROM_SIP) - 1)  # the one with 422 never was a call
    assert [record["cause"] for record in records] == ["16", "16", "1", "16", "16", "16", "16"]
    shown = gateway.command("show sip-ua service")
    assert "refreshed by others 1" in shown and "intervals refused    1" in shown


# ---- ISDN to SIP

def take_invite(headers=None, body=None):
    """The INVITE, kept for answers that come after other requests."""
    keep = "".join(ereg(".*", header, name) for header, name in KEPT.items())
    step = recv_request("INVITE", headers=headers or {"Supported": "100rel"}, body=body)
    return step.replace("<action>", f"<action>{keep}", 1)


def answer(line, tag="a", body="", extra=""):
    """A response to that INVITE."""
    head = (f"SIP/2.0 {line}\nVia:[$via]\nFrom:[$from]\nTo:[$to];tag={tag}\nCall-ID: [call_id]\n"
            "CSeq:[$cseq]\nContact: <sip:test@[local_ip]:[local_port];transport=[transport]>\n")
    if extra:
        head += extra + "\n"
    kind = "Content-Type: application/sdp\nContent-Length: [len]" if body else "Content-Length: 0"
    return f"<send><![CDATA[\n{head}{kind}\n\n{body}\n]]></send>"


def reliable(line, rseq, **options):
    return answer(line, extra=f"Require: 100rel\nRSeq: {rseq}", **options)


FAREWELL = [recv_request("BYE"), reply("200 OK", in_dialog=True)]
PRACKED = [reply("200 OK", in_dialog=True)]

EARLY_UPDATE = f"""<send retrans="500"><![CDATA[
UPDATE [next_url] SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
Max-Forwards: 70
From:[$to];tag=a
To:[$from]
Call-ID: [call_id]
CSeq: 1 UPDATE
Contact: <sip:test@[local_ip]:[local_port];transport=[transport]>
Content-Type: application/sdp
Content-Length: [len]

{sdp((PCMA,), version=2)}
]]></send>"""

FROM_ISDN = {
    "reliable": [
        take_invite(), answer("100 Trying"), reliable("183 Session Progress", 71, body=sdp()),
        recv_request("PRACK", headers={"RAck": "71 [0-9]+ INVITE"}), *PRACKED,
        reliable("180 Ringing", 72),
        recv_request("PRACK", headers={"RAck": "72 [0-9]+ INVITE"}), *PRACKED,
        answer("200 OK"), recv_ack(), *FAREWELL],
    "interval": [
        take_invite(headers={"Session-Expires": "1800"}),
        answer("422 Session Interval Too Small", extra="Min-SE: 2000"), recv_request("ACK"),
        take_invite(headers={"Session-Expires": "2000", "Min-SE": "2000"}), answer("180 Ringing", "b"),
        answer("200 OK", "b", sdp(), "Require: timer\nSession-Expires: 2000;refresher=uas"), recv_ack(),
        *FAREWELL],
    "late-fork": [
        take_invite(), answer("183 Session Progress", "one", sdp()), answer("180 Ringing", "two"),
        answer("200 OK", "two", sdp()), recv_request("ACK", headers={"To": "tag=two"}),
        answer("200 OK", "one", sdp()), recv_request("ACK", headers={"To": "tag=one"}),
        recv_request("BYE", headers={"To": "tag=one"}), reply("200 OK", in_dialog=True),
        recv_request("BYE", headers={"To": "tag=two"}), reply("200 OK", in_dialog=True)],
    "early-update": [
        take_invite(), reliable("183 Session Progress", 5, body=sdp()), recv_request("PRACK"), *PRACKED,
        EARLY_UPDATE, recv(200, body="RTP/AVP 8"), answer("200 OK"), recv_ack(), *FAREWELL],
}


def test_sessions_of_an_isdn_caller(folder, spans):
    port = free_port()
    with Gateway(folder, *spans, target=f"ipv4:127.0.0.1:{port}") as gateway:
        wait_until("console", gateway.listens)
        for name, steps in FROM_ISDN.items():
            with Sipp(folder, steps, name=name, port=port) as sipp:
                with Exchange(folder, spans[1], spans[0], "--call", "4085550123", "2001999",
                              "--hold", "0.3", name=f"exchange-{name}") as caller:
                    caller.finish()
                sipp.finish()
        records = gateway.call_records(len(FROM_ISDN))
    assert [record["cause"] for record in records] == ["16"] * len(FROM_ISDN)
