# SPDX-License-Identifier: GPL-2.0-or-later
"""sipp transfers calls, takes them over, sends them on and is sent on. Numbers of four digits are
subscribers of the exchange, those that begin with 2 another sipp."""

import re

import pytest

from harness.exchange import Exchange
from harness.gateway import Gateway
from harness.process import wait_until
from harness.sipp import (Sipp, ack, ack_refusal, bye, call, invite, pause, provisional, recv, recv_ack,
                          recv_request, reply, request, sdp)
from harness.span import span_pair

SIP_TO_SIP = "allow-connections sip to sip"
ANSWER = [recv_request("INVITE"), reply("100 Trying"), reply("180 Ringing"),
          reply("200 OK", sdp(), retrans=True), recv_ack()]
HANGS_UP_LAST = [recv_request("BYE", timeout_ms=30000), reply("200 OK", in_dialog=True)]
OK = reply("200 OK", in_dialog=True)


def notify(status, state):
    return [recv_request("NOTIFY", headers={"Subscription-State": state, "Event": "refer"},
                         body=rf"SIP/2\.0 {status}"), OK]


def refer(to, extra=""):
    return [request("REFER", extra=f"Refer-To: <{to}>\n{extra}", cseq=2), recv(202)]


def gateway_of(folder, spans, answerer=None, lines="", service_lines=SIP_TO_SIP, peers=""):
    """lines: of dial-peer 200; service_lines: of voice service voip; peers: more dial peers."""
    target = f"ipv4:127.0.0.1:{answerer.port}" if answerer else "ipv4:127.0.0.1:9"
    gateway = Gateway(folder, *spans, target=target, peer_lines=lines, service_lines=service_lines)
    gateway.config.write_text(gateway.config.read_text().replace("sip-ua\n", f"{peers}sip-ua\n", 1))
    return gateway


@pytest.fixture(scope="module")
def line(tmp_path_factory):
    folder, spans = tmp_path_factory.mktemp("line"), span_pair()
    with Exchange(folder, spans[1], spans[0]) as exchange, Gateway(folder, *spans) as gateway:
        yield gateway.wait_until_up(exchange)


@pytest.fixture
def gateway(line):
    yield line
    for number in re.findall(r"^(\d+) +ACTIVE", line.command("show call active brief"), re.MULTILINE):
        line.command(f"clear call {number}")
    line.wait_for_calls(0)


def last_record(gateway, after):
    """Of a call that has ended since there were so many."""
    return gateway.call_records(after + 1)[-1]


# ---- REFER

def test_blind_transfer_to_a_subscriber(folder, gateway):
    host, before = f"{gateway.target[0]}:{gateway.target[1]}", len(gateway.call_records())
    call(folder, gateway.target, "0001",
         [invite(), provisional(), recv(200), ack(), *refer(f"sip:0002@{host}"), *notify(100, "active"),
          *notify(180, "active"), *notify(200, "terminated"), *HANGS_UP_LAST])
    assert last_record(gateway, before)["services"] == "joined"
    gateway.wait_for_calls(1)


def test_blind_transfer_to_one_who_is_busy(folder, gateway):
    host = f"{gateway.target[0]}:{gateway.target[1]}"
    call(folder, gateway.target, "0001",
         [invite(), provisional(), recv(200), ack(), *refer(f"sip:0003@{host}"), *notify(100, "active"),
          *notify(486, "terminated"), bye(3), recv(200)])


def test_transfer_without_subscription(folder, gateway):
    host = f"{gateway.target[0]}:{gateway.target[1]}"
    call(folder, gateway.target, "0001",
         [invite(), provisional(), recv(200), ack(),
          *refer(f"sip:0002@{host}", "Refer-Sub: false\nSupported: norefersub"), *HANGS_UP_LAST])


@pytest.mark.parametrize("to, status", [("sip:0002@192.0.2.9", 403), ("sip:bob@127.0.0.1", 404)])
def test_strangers_are_not_called_for_anybody(folder, gateway, to, status):
    call(folder, gateway.target, "0001",
         [invite(), provisional(), recv(200), ack(), request("REFER", extra=f"Refer-To: <{to}>"),
          recv(status), bye(3), recv(200)])


def test_refer_outside_a_dialog_is_refused(folder, gateway):
    call(folder, gateway.target, "0001",
         [request("REFER", extra="Refer-To: <sip:0002@127.0.0.1>", cseq=1, in_dialog=False), recv(403)])


def dialog_of(sipp):
    """Call-ID, its tag and the gateway's of the call that sipp has placed, once it is answered."""
    def look():
        return re.search(r"^SIP/2\.0 200 OK.*?^From:.*?tag=(\S+).*?^To:.*?tag=(\S+).*?^Call-ID: *(\S+)",
                         sipp.messages(), re.MULTILINE | re.DOTALL)
    near, far, call_id = wait_until("answer to sipp", look, 10).groups()
    return call_id, near, far


def consultation(folder, gateway, number, name):
    """A call that waits for its end."""
    return Sipp(folder, [invite(), provisional(), recv(200), ack(), *HANGS_UP_LAST], gateway.target, number,
                name=name)


def test_attended_transfer(folder, gateway):
    host = f"{gateway.target[0]}:{gateway.target[1]}"
    with consultation(folder, gateway, "0002", "second") as second:
        call_id, near, far = dialog_of(second)
        to = f"sip:0002@{host}?Replaces={call_id.replace('@', '%40')}%3Bto-tag%3D{far}%3Bfrom-tag%3D{near}"
        call(folder, gateway.target, "0001",
             [invite(), provisional(), recv(200), ack(), *refer(to), *notify(100, "active"),
              *notify(200, "terminated"), *HANGS_UP_LAST], name="first")
        second.finish()
    gateway.wait_for_calls(1)


def test_a_call_is_taken_over(folder, gateway):
    before = len(gateway.call_records())
    with consultation(folder, gateway, "0001", "old") as old:
        call_id, near, far = dialog_of(old)
        replaces = f"Replaces: {call_id};to-tag={far};from-tag={near}\nRequire: replaces"
        call(folder, gateway.target, "0001",
             [invite(extra=replaces), recv(100, optional=True), recv(200, body="m=audio [1-9]"), ack(),
              bye(), recv(200)], name="new")
        old.finish()
    record = last_record(gateway, before)
    assert record["called"].endswith("0001") and record["cause"] == "16"
    assert len(gateway.call_records()) == before + 1


@pytest.mark.parametrize("extra, status", [
    ("Replaces: nobody;to-tag=1;from-tag=2", 481),
    ("Replaces: nobody;to-tag=1;from-tag=2\nReplaces: nobody;to-tag=1;from-tag=3", 400),
])
def test_what_cannot_be_taken_over(folder, gateway, extra, status):
    before = len(gateway.call_records())
    call(folder, gateway.target, "0001",
         [invite(extra=extra), recv(100, optional=True), recv(status), ack_refusal()])
    assert len(gateway.call_records()) == before


# ---- 3xx

def test_302_is_followed(folder, spans):
    with Sipp(folder, ANSWER + HANGS_UP_LAST, name="new") as new:
        contact = f"Contact: <sip:bob@127.0.0.1:{new.port}>"
        moved = [recv_request("INVITE"), reply("302 Moved Temporarily", contact=contact, retrans=True),
                 recv_request("ACK")]
        with Sipp(folder, moved, name="old") as old, gateway_of(folder, spans, old) as gateway:
            wait_until("console", gateway.listens)
            call(folder, gateway.target, "2001",
                 [invite(), provisional(), recv(200), ack(), bye(), recv(200)])
            old.finish()
            new.finish()
            assert "INVITE sip:bob@127.0.0.1" in new.messages()


def test_302_to_a_subscriber_goes_by_the_dial_plan(folder, spans, exchange):
    moved = [recv_request("INVITE"), reply("302 Moved Temporarily", contact="Contact: <tel:0001>",
                                           retrans=True), recv_request("ACK")]
    with Sipp(folder, moved, name="old") as old, gateway_of(folder, spans, old) as gateway:
        gateway.wait_until_up(exchange)
        call(folder, gateway.target, "2001", [invite(), provisional(), recv(200), ack(), bye(), recv(200)])
        old.finish()
        assert gateway.call_records(1)[0]["services"] == "deflected"


def test_302_in_a_circle_ends(folder, spans):
    circle = [recv_request("INVITE"),
              reply("302 Moved Temporarily", contact="Contact: <sip:2001@[local_ip]:[local_port]>",
                    retrans=True), recv_request("ACK")]
    with Sipp(folder, circle, name="old") as old, gateway_of(folder, spans, old) as gateway:
        wait_until("console", gateway.listens)
        call(folder, gateway.target, "2001",
             [invite(), provisional(), recv(302, headers={"Contact": "sip:2001@"}), ack_refusal()])
        old.finish()


def test_the_redirect_server_answers_with_the_dial_plan(folder, spans):
    other = ("dial-peer voice 201 voip\n destination-pattern 2001\n session target dns:b.example.com\n"
             " session transport tcp\n preference 1\n")
    with gateway_of(folder, spans, service_lines="redirect ip2ip", peers=other) as gateway:
        wait_until("console", gateway.listens)
        call(folder, gateway.target, "2002",
             [invite(), recv(100, optional=True),
              recv(302, headers={"Contact": r"<sip:2002@127\.0\.0\.1:9>"}), ack_refusal()])
        choices = call(folder, gateway.target, "2001",
                       [invite(), recv(100, optional=True), recv(300), ack_refusal()], name="two")
        assert re.findall("Contact: (.*);q=([0-9.]+)", choices.messages().split("SIP/2.0 300")[1]) == [
            ("<sip:2001@b.example.com;transport=tcp>", "1.0"), ("<sip:2001@127.0.0.1:9>", "0.9")]


# ---- from SIP to SIP

def test_sip_to_sip_is_closed_by_default(folder, spans):
    with gateway_of(folder, spans, service_lines="") as gateway:
        wait_until("console", gateway.listens)
        call(folder, gateway.target, "2001", [invite(), recv(100, optional=True), recv(403), ack_refusal()])
        assert gateway.call_records(1)[0]["cause"] == "21"


def test_max_forwards_goes_down(folder, spans):
    first = recv_request("INVITE", headers={"Max-Forwards": "^ *69"})
    with Sipp(folder, [first, *ANSWER[1:], *HANGS_UP_LAST], name="far") as far, \
            gateway_of(folder, spans, far) as gateway:
        wait_until("console", gateway.listens)
        call(folder, gateway.target, "2001",
             [invite(), provisional(), recv(200), ack(), pause(100), bye(), recv(200)])
        far.finish()


def test_hold_on_one_side_is_hold_on_the_other(folder, spans):
    def again(direction, answer):
        return [recv_request("INVITE", body=f"a={direction}"),
                reply("200 OK", sdp(direction=answer), in_dialog=True, retrans=True), recv_ack()]

    def offer(cseq, direction):
        return [request("INVITE", sdp(direction=direction, version=cseq), cseq), recv(100, optional=True),
                recv(200), ack(cseq), pause(300)]

    far_steps = [*ANSWER, *again("sendonly", "recvonly"), *again("(sendrecv|ptime)", "sendrecv"), *HANGS_UP_LAST]
    with Sipp(folder, far_steps, name="far") as far, gateway_of(folder, spans, far) as gateway:
        wait_until("console", gateway.listens)
        call(folder, gateway.target, "2001",
             [invite(), provisional(), recv(200), ack(), pause(300), *offer(2, "sendonly"),
              *offer(3, "sendrecv"), bye(4), recv(200)])
        far.finish()
