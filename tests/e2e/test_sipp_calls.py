# SPDX-License-Identifier: GPL-2.0-or-later
"""Calls between sipp and the exchange: what SIP says and what the PSTN says must mean the same."""

import socket

import pytest

from harness.exchange import Exchange
from harness.gateway import Gateway
from harness.process import Failure, wait_until
from harness.sipp import (EVENT, PCMA, PCMU, Sipp, ack, ack_refusal, bye, bye_as_answerer, call, cancel,
                          invite, pause, provisional, recv, recv_ack, recv_request, reply, request, sdp)

LATER_PROVISIONAL = recv(180, optional=True) + recv(183, optional=True)


def q850(cause):
    return {"Reason": rf"Q\.850 *; *cause={cause}([^0-9]|$)"}


def answered(then=()):
    return [invite(), provisional(), recv(200, body="m=audio [1-9]"), ack(), *then, bye(), recv(200)]


def refused(status, headers=None):
    return [invite(), provisional(), recv(status, headers=headers), ack_refusal()]


# ---- SIP to ISDN

def test_subscriber_1_answers(folder, gateway):
    sipp = call(folder, gateway.target, "0001", answered([pause(300)]))
    assert "SIP/2.0 180 Ringing" in sipp.sent_and_received()
    record, = gateway.call_records(1)
    assert record["called"].endswith("0001") and record["calling"].endswith("4085550100")
    assert record["cause"] == "16"


@pytest.mark.parametrize("service, statuses, cause", [
    ("0003", (486,), 17),
    ("0005", (404,), 1),
    ("0006", (403, 603), 21),
    ("0007", (503,), 42),
    ("7777", (404,), 1),
])
def test_refusals_carry_status_and_cause(folder, gateway, service, statuses, cause):
    failure = None
    for status in statuses:
        try:
            call(folder, gateway.target, service, refused(status, q850(cause)), name=f"sipp-{status}")
            break
        except Failure as error:
            failure = error
    else:
        raise failure
    record = gateway.call_records(1)[-1]
    assert record["cause"] == str(cause)


def test_announcement_is_heard_before_the_refusal(folder, gateway):
    call(folder, gateway.target, "0008",
         [invite(), recv(100, optional=True), recv(180, optional=True), recv(183, body="m=audio [1-9]"),
          recv(404, headers=q850(1), timeout_ms=30000), ack_refusal()])


def test_cancel_while_it_rings(folder, gateway):
    call(folder, gateway.target, "0004",
         [invite(), recv(100, optional=True), recv(180), pause(200), cancel(), recv(200),
          recv(487), ack_refusal()])
    assert gateway.call_records(1)[0]["cause"] == "16"
    gateway.wait_for_calls(0)


def test_a_call_that_another_telephone_took_is_not_missed(folder, gateway, exchange):
    call(folder, gateway.target, "0004",
         [invite(), recv(100, optional=True), recv(180),
          cancel(extra='Reason: SIP;cause=200;text="Call completed elsewhere"\n'), recv(200), recv(487),
          ack_refusal()])
    record, = gateway.call_records(1)
    assert record["cause"] == "26" and record["services"] == "elsewhere"
    assert record["reason_text"] == "Call completed elsewhere"
    wait_until("end at the exchange", lambda: exchange.ended_calls()[-1:])
    assert exchange.ended_calls()[-1][1] == "26"


def test_hang_up_by_the_pstn_ends_in_bye_with_reason(folder, gateway):
    call(folder, gateway.target, "0010",
         [invite(), provisional(), recv(200), ack(), recv_request("BYE", headers=q850(16)),
          reply("200 OK", in_dialog=True)])


def test_tcp(folder, gateway):
    call(folder, gateway.target, "0001", answered(), transport="tcp")


def test_ipv6(folder, spans, exchange):
    with Gateway(folder, *spans, addresses=("::1",)) as gateway:
        gateway.wait_until_up(exchange)
        sipp = call(folder, gateway.target, "0001",
                    [invite(), provisional(), recv(200, body="IN IP6 ::1"), ack(), bye(), recv(200)],
                    address="::1")
        assert "SIP/2.0 200 OK" in sipp.sent_and_received()


def test_hold_and_resume(folder, gateway):
    def again(cseq, direction, answer):
        return [request("INVITE", sdp(direction=direction, version=cseq), cseq),
                recv(100, optional=True), recv(200, body=f"a={answer}"), ack(cseq)]

    call(folder, gateway.target, "0001",
         [invite(), provisional(), recv(200), ack(), *again(2, "sendonly", "recvonly"),
          *again(3, "inactive", "inactive"), *again(4, "sendrecv", "(sendrecv|ptime)"), bye(5), recv(200)])


def test_offer_in_the_ack(folder, gateway):
    answer = sdp((PCMU, EVENT))
    call(folder, gateway.target, "0001",
         [request("INVITE", "", 1, False), provisional(), recv(200, body="m=audio [1-9]"),
          ack(1, answer), bye(), recv(200)])


@pytest.mark.parametrize("codecs, expected", [((PCMU, EVENT), "RTP/AVP 0"), ((PCMA,), "RTP/AVP 8")])
def test_answers_with_the_codec_that_was_offered(folder, gateway, codecs, expected):
    call(folder, gateway.target, "0001",
         [invite(sdp(codecs)), provisional(), recv(200, body=expected), ack(), bye(), recv(200)])


def test_no_codec_in_common_is_488(folder, gateway):
    body = sdp((PCMA,)).replace("RTP/AVP 8", "RTP/AVP 18").replace("rtpmap:8 PCMA", "rtpmap:18 G729")
    call(folder, gateway.target, "0001",
         [invite(body), recv(100, optional=True), recv(488), ack_refusal()])


def test_options_are_answered(folder, gateway):
    call(folder, gateway.target, "0001",
         [request("OPTIONS", cseq=1, in_dialog=False), recv(200, headers={"Allow": "INVITE.*BYE"})])


def test_unknown_method_is_405(folder, gateway):
    call(folder, gateway.target, "0001",
         [request("PUBLISH", cseq=1, in_dialog=False), recv(405, headers={"Allow": "INVITE"})])


def test_caller_id_is_withheld_when_asked(folder, gateway):
    call(folder, gateway.target, "0001",
         [invite(caller="anonymous", extra="Privacy: id\nP-Asserted-Identity: <sip:4085550111@127.0.0.1>"),
          provisional(), recv(200), ack(), bye(), recv(200)])
    assert gateway.call_records(1)[0]["calling"].endswith("4085550111")


def test_strangers_get_403(folder, spans, exchange):
    """A call from this machine's own address on a network; loopback is always trusted."""
    address = address_of_this_machine()
    if not address:
        pytest.skip("this machine has no address but loopback")
    with Gateway(folder, *spans, addresses=(address,), listen_lines="no silent-discard untrusted") as gateway:
        gateway.wait_until_up(exchange)
        call(folder, gateway.target, "0001", refused(403), address=address)
        assert gateway.call_records() == []
    with Gateway(folder, *spans, addresses=(address,), trusted=(address,)) as gateway:
        gateway.wait_until_up(exchange)
        call(folder, gateway.target, "0001", answered(), address=address, name="trusted")


def address_of_this_machine():
    for family, far in ((socket.AF_INET, "192.0.2.1"), (socket.AF_INET6, "2001:db8::1")):
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            try:
                probe.connect((far, 9))  # sends nothing
                return probe.getsockname()[0]
            except OSError:
                pass
    return None


# ---- ISDN to SIP

def pstn_calls(folder, spans, answer_steps, *arguments, transport="udp", number="2001999"):
    """The exchange calls a number; sipp answers by steps. Returns sipp and the gateway's call record."""
    with Sipp(folder, answer_steps, transport=transport) as sipp:
        lines = "session transport tcp" if transport == "tcp" else ""
        with Gateway(folder, *spans, target=f"ipv4:127.0.0.1:{sipp.port}", peer_lines=lines) as gateway:
            wait_until("console", gateway.listens)
            with Exchange(folder, spans[1], spans[0], "--call", "4085550123", number, *arguments) as caller:
                caller.finish()
            sipp.finish()
            return sipp, gateway.call_records(1)[0]


ANSWER = [recv_request("INVITE"), reply("100 Trying"), reply("180 Ringing"),
          reply("200 OK", sdp(), retrans=True), recv_ack()]


@pytest.mark.parametrize("transport", ["udp", "tcp"])
def test_exchange_calls_out(folder, spans, transport):
    first = recv_request("INVITE", headers={"From": "4085550123", "To": "2001999",
                                            "P-Asserted-Identity": "4085550123"},
                         body="RTP/AVP 8 0 1[0-9]+")
    sipp, record = pstn_calls(folder, spans,
                              [first, *ANSWER[1:], recv_request("BYE", headers=q850(16)),
                               reply("200 OK", in_dialog=True)], "--hold", "0.5", transport=transport)
    assert record["cause"] == "16" and record["called"].endswith("2001999")


@pytest.mark.parametrize("line, cause", [
    ("486 Busy Here", 17), ("404 Not Found", 1), ("503 Service Unavailable", 41),
    ("480 Temporarily Unavailable", 18), ("603 Decline", 21),
])
def test_refusals_of_sip_become_causes(folder, spans, line, cause):
    pstn_calls(folder, spans, [recv_request("INVITE"), reply(line, retrans=True), recv_request("ACK")],
               "--expect-cause", str(cause))


def test_reason_wins_over_the_status(folder, spans):
    pstn_calls(folder, spans,
               [recv_request("INVITE"), reply("500 Server Error", extra="Reason: Q.850;cause=34",
                                              retrans=True), recv_request("ACK")], "--expect-cause", "34")


def test_bye_from_sip_clears_the_channel(folder, spans):
    pstn_calls(folder, spans, [*ANSWER, pause(300), bye_as_answerer("Reason: Q.850;cause=31"), recv(200)],
               "--hold", "20", "--expect-cause", "31")


def test_nobody_listens_at_the_target(folder, spans):
    with Gateway(folder, *spans, target="ipv4:127.0.0.1:9"):
        with Exchange(folder, spans[1], spans[0], "--call", "4085550123", "2001999",
                      "--expect-cause", "38") as caller:
            caller.finish()
