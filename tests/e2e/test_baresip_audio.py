# SPDX-License-Identifier: GPL-2.0-or-later
"""Speech between baresip and the exchange, measured against what G.711 alone leaves of it."""

import pytest

from compare import compare, read_wav
from harness.baresip import Baresip
from harness.exchange import Exchange
from harness.gateway import Gateway
from harness.process import wait_until

pytestmark = pytest.mark.audio


def assert_perfect(reference, heard, laws):
    result = compare(read_wav(reference), read_wav(heard), laws)
    print(f"{heard.name}: {result}")
    assert "error" not in result, result
    assert result["correlation"] >= 0.999, result
    assert result["lost_ms"] == 0, result
    assert abs(result["level_db"]) < 0.1, result
    return result


@pytest.mark.parametrize("codecs, laws", [("pcma,pcmu", "alaw"), ("pcmu", "ulaw,alaw,ulaw")])
def test_echo_brings_the_same_speech_back(folder, gateway, speech, codecs, laws):
    with Baresip(folder, speech, codecs=codecs) as phone:
        phone.dial(f"sip:0001@127.0.0.1:{gateway.sip_port}")
        phone.wait_for_event("CALL_CLOSED", 30)  # baresip hangs up at the end of its file
        result = assert_perfect(speech, phone.heard(), laws)
    assert result["delay_ms"] < 200
    record, = gateway.call_records(1)
    assert record["packets_lost"] == "0"


def test_exchange_hears_what_it_plays(folder, spans, speech):
    """The exchange calls baresip: both directions recorded."""
    with Baresip(folder, speech, codecs="pcma", user="2001999") as phone:
        with Gateway(folder, *spans, target=f"ipv4:127.0.0.1:{phone.port}"):
            heard = folder / "exchange-heard.wav"
            with Exchange(folder, spans[1], spans[0], "--call", "4085550123", "2001999",
                          "--play", speech, "--record", heard, "--hold", "12") as caller:
                phone.wait_for_event("CALL_ESTABLISHED", 15)
                caller.finish()
            phone.wait_for_event("CALL_CLOSED")
            for recording in (heard, phone.heard()):
                assert_perfect(speech, recording, "alaw")


def test_digits_go_both_ways(folder, gateway, speech):
    """Subscriber 0009 sends back what it hears: RFC 4733 to tones and tones to RFC 4733."""
    digits = "1590*#"
    with Baresip(folder, speech) as phone:
        phone.dial(f"sip:0009@127.0.0.1:{gateway.sip_port}")
        for count, digit in enumerate(digits, 1):
            phone.command("sndcode", digit)
            wait_until(f"digit {digit}", lambda: len(phone.digits()) >= count, 5)
        assert phone.digits() == digits
        phone.hang_up()
