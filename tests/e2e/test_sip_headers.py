# SPDX-License-Identifier: GPL-2.0-or-later
"""Headers that say more than who calls whom: sipp calls the exchange, and another sipp, through the gateway."""

import pytest

from harness.exchange import Exchange
from harness.gateway import Gateway
from harness.process import free_port
from harness.sipp import (Sipp, ack, ack_refusal, bye, call, invite, provisional, recv, recv_ack,
                          recv_request, reply, request, sdp)
from harness.span import span_pair

UUID_A, UUID_B, NOBODY = "a" * 32, "b" * 32, "0" * 32
GUID = "4227643438-2872574443-2394088474-0340223879"


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    """Calls to 0... go to the exchange, those to 2.... to another sipp on `answerer`."""
    folder, (span, peer_span), answerer = tmp_path_factory.mktemp("headers"), span_pair(), free_port()
    with Exchange(folder, peer_span, span) as exchange, \
            Gateway(folder, span, peer_span, target=f"ipv4:127.0.0.1:{answerer}",
                    service_lines="allow-connections sip to sip",
                    listen_lines="diversion both\npass-thru headers unsupp\nasserted-id pai",
                    peer_lines="voice-class sip max-forwards 20") as gateway:
        gateway.answerer = answerer
        yield gateway.wait_until_up(exchange)


@pytest.fixture
def gateway(running):
    yield running
    running.wait_for_calls(0)


def answered(folder, gateway, caller, answerer):
    with Sipp(folder, answerer, name="answerer", port=gateway.answerer) as uas:
        call(folder, gateway.target, "22001", caller, name="caller")
        uas.finish()


def test_what_the_caller_says_reaches_who_is_called(folder, gateway):
    said = "\n".join(["P-Asserted-Identity: \"Zoe\" <sip:+442079460001@h>", "Privacy: id",
                      "Diversion: <sip:2002@h>;reason=no-answer, <sip:2003@h>;reason=user-busy",
                      "User-to-User: 0448656c6c6f;encoding=hex", "Subject: Lunch", "X-Unknown: 1",
                      f"Cisco-Guid: {GUID}", f"Session-ID: {UUID_A};remote={NOBODY}"])
    heard = {"From": "anonymous@anonymous.invalid", "P-Asserted-Identity": r"\+442079460001@",
             "Privacy": "id", "Diversion": "sip:2002@.*reason=no-answer;counter=1",
             "History-Info": "sip:2003@.*index=1", "User-to-User": "0448656c6c6f;encoding=hex;purpose=isdn-uui",
             "Subject": "Lunch", "Cisco-Guid": GUID, "Session-ID": f"{UUID_A};remote={NOBODY}",
             "Max-Forwards": "69"}
    connected = f"P-Asserted-Identity: <sip:2009@h>\nSession-ID: {UUID_B};remote={UUID_A}"
    told = {"P-Asserted-Identity": "sip:2009@", "Session-ID": f"{UUID_B};remote={UUID_A}"}
    answered(folder, gateway,
             [invite(extra=said), recv(100, optional=True), recv(180, headers=told), recv(200, headers=told),
              ack(), bye(), recv(200, headers={"Session-ID": f"{UUID_B};remote={UUID_A}"})],
             [recv_request("INVITE", headers=heard), reply("180 Ringing", extra=connected),
              reply("200 OK", sdp(), extra=connected), recv_ack(),
              recv_request("BYE", headers={"Session-ID": f"{UUID_A};remote={UUID_B}"}),
              reply("200 OK", in_dialog=True)])
    record = gateway.call_records(1)[-1]
    assert record["guid"] == GUID
    assert record["redirecting"] == "2002" and record["connected"] == "2009"


def test_a_new_caller_is_told_while_the_call_is_up(folder, gateway):
    allow = "Allow: INVITE, ACK, BYE, CANCEL, UPDATE"
    new = "P-Asserted-Identity: <sip:+442079460044@h>"
    answered(folder, gateway,
             [invite(extra=allow), provisional(), recv(200), ack(), request("UPDATE", cseq=2, extra=new),
              recv(200), bye(3), recv(200)],
             [recv_request("INVITE"), reply("200 OK", sdp(), extra=allow), recv_ack(),
              recv_request("UPDATE", headers={"P-Asserted-Identity": r"\+442079460044@"}),
              reply("200 OK", in_dialog=True), recv_request("BYE"), reply("200 OK", in_dialog=True)])


def test_answers_carry_timestamp_and_session(folder, gateway):
    said = f"Timestamp: 54.5\nSession-ID: {UUID_A};remote={NOBODY}"
    call(folder, gateway.target, "0001",
         [invite(extra=said), recv(100, headers={"Timestamp": "54.5"}), recv(180, optional=True),
          recv(200, headers={"Timestamp": "54.5", "Session-ID": f"[1-9a-f][0-9a-f]+;remote={UUID_A}"}),
          ack(), bye(), recv(200)])
    assert gateway.call_records(1)[-1]["guid"]


def test_a_call_that_goes_in_circles_is_482(folder, gateway):
    call(folder, gateway.target, "0001",
         [invite(extra="Diversion: <sip:2002@h>;reason=user-busy;counter=6"), recv(100, optional=True),
          recv(482), ack_refusal()])
