# SPDX-License-Identifier: GPL-2.0-or-later
"""Basic rate lines of a card: spans 3 and 4, three channels each, back to back."""

import pytest

from compare import compare, read_wav
from harness.baresip import Baresip
from harness.exchange import Exchange
from harness.gateway import Gateway
from harness.span import Card

NEAR, FAR = Card(3), Card(4)


@pytest.mark.parametrize("options, lines", [((), ""), (("--point-to-point",), "isdn static-tei 0")],
                         ids=["bus", "point to point"])
def test_speech_goes_both_ways(folder, speech, options, lines):
    """Out of the exchange into SIP, and back out."""
    options = ("--switch-type", "basic-net3", *options)
    with Baresip(folder, speech, codecs="pcma", user="2001999") as phone:
        with Gateway(folder, NEAR, FAR, target=f"ipv4:127.0.0.1:{phone.port}", framing="bri",
                     switch_type="basic-net3", isdn_lines=lines) as gateway:
            heard = folder / "exchange-heard.wav"
            with Exchange(folder, FAR, NEAR, *options, "--call", "4085550123", "2001999", "--play", speech,
                          "--record", heard, "--hold", "12") as caller:
                phone.wait_for_event("CALL_ESTABLISHED", 40)
                caller.finish()
            phone.wait_for_event("CALL_CLOSED")
            assert "1/1" in gateway.command("show call history") or "1/2" in gateway.command(
                "show call history")
            for recording in (heard, phone.heard()):
                result = compare(read_wav(speech), read_wav(recording), "alaw")
                print(recording.name, result)
                assert result["correlation"] >= 0.999 and result["lost_ms"] == 0, result


def test_a_call_from_sip_reaches_the_line(folder, speech):
    with Exchange(folder, FAR, NEAR, "--switch-type", "basic-net3"):
        with Gateway(folder, NEAR, FAR, framing="bri", switch_type="basic-net3") as gateway:
            gateway.wait_for_line("trunk 1: in service|console", 30)
            with Baresip(folder, speech, codecs="pcma") as phone:
                phone.dial(f"sip:0001@127.0.0.1:{gateway.sip_port}", 40)
                phone.wait_for_event("CALL_CLOSED", 60)
                result = compare(read_wav(speech), read_wav(phone.heard()), "alaw")
    assert result["correlation"] >= 0.999 and result["lost_ms"] == 0, result
