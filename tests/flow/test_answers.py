# SPDX-License-Identifier: GPL-2.0-or-later
"""Causes, statuses and progress between a scripted exchange and a SIP telephone; who rings."""

import re
from pathlib import Path

import pytest

from harness.exchange import Exchange
from harness.gateway import Gateway
from harness.process import free_port, wait_until
from harness.scripted import Span, Stage
from harness.sip_phone import SipPhone
from harness.speech import level, read_wav

SCRIPTS = Path(__file__).parent / "scripts" / "answers"
RINGBACK_GB = 400, 450  # Hz

CONFIG = """\
trunk group OUT
 set pstn-cause 18 sip-status 410
dial-peer voice 304 pots
 destination-pattern 114..
 port 1:D
 tone ringback alert-no-pi
dial-peer voice 305 pots
 destination-pattern 115..
 port 1:D
 progress_ind alert enable 8
 progress_ind disconnect disable
dial-peer voice 307 pots
 destination-pattern 117..
 port 1:D
 progress_ind alert strip
 progress_ind disconnect enable 8
dial-peer voice 308 pots
 destination-pattern 118..
 port 1:D
 set pstn-cause 17 sip-status 607
dial-peer voice 404 voip
 destination-pattern 214...
 session target ipv4:127.0.0.1:{phone}
 tone ringback alert-no-pi
dial-peer voice 405 voip
 destination-pattern 215...
 session target ipv4:127.0.0.1:{phone}
 progress_ind alert enable 8
dial-peer voice 406 voip
 destination-pattern 216...
 session target ipv4:127.0.0.1:{phone}
 voice-class sip disable-early-media 180
dial-peer voice 407 voip
 destination-pattern 217...
 session target ipv4:127.0.0.1:{phone}
 cause-map file trunk.map
 set sip-status 486 pstn-cause 21
dial-peer voice 408 voip
 destination-pattern 218...
 session target ipv4:127.0.0.1:{phone}
 progress_ind connect enable 2
"""
SIP_UA = """\
 set pstn-cause 3 sip-status 604
 set pstn-cause 88 sip-status 503
 set sip-status 404 pstn-cause 3
"""


@pytest.fixture
def stage(folder):
    (folder / "trunk.map").write_text("! of the trunk\nset sip-status 404 pstn-cause 20\n"
                                      "set sip-status 486 pstn-cause 17\n")
    span = Span(1, "network", {}, lines=" trunk-group OUT\n")
    with Stage(folder, [span], more=CONFIG, sip_ua=SIP_UA) as stage:
        yield stage


def used(text, number):
    """default, configured, used of a row of show sip-ua map."""
    return tuple(map(int, re.search(rf"^{number} .* (\d+) +(\d+) +(\d+)\s*$", text, re.MULTILINE).groups()))


def test_what_the_exchange_says_is_seen_by_the_telephone(stage):
    stage.run(stage.spans[0], SCRIPTS / "to_sip.script")
    text = stage.gateway.command("show sip-ua map pstn-sip")
    assert used(text, 17) == (486, 486, 4)
    assert used(text, 3) == (404, 604, 2)
    stage.gateway.command("clear sip-ua map")
    assert used(stage.gateway.command("show sip-ua map pstn-sip"), 17) == (486, 486, 0)


def test_what_the_telephone_answers_is_seen_by_the_exchange(stage):
    stage.run(stage.spans[0], SCRIPTS / "to_isdn.script")
    text = stage.gateway.command("show sip-ua map sip-pstn")
    assert used(text, 404) == (1, 3, 2)
    assert used(text, 486) == (17, 17, 2)
    assert used(text, 488) == (65, 65, 1)


def test_a_full_trunk_says_when_to_come_again(folder):
    spans = free_port(), free_port()
    with SipPhone() as phone, Exchange(folder, *reversed(spans)) as exchange:
        # thirty calls that ring, of one source, are nearly all that the ports of a test's gateway carry
        with Gateway(folder, *spans, isdn_lines="isdn overlap-receiving",
                     listen_lines="no source-limit setups") as gateway:
            phone.gateway = gateway.target
            gateway.wait_until_up(exchange)
            calls = [phone.dial("0004") for _ in range(30)]
            for call in calls:
                phone.wait_for_status(call, 180)
            refused = phone.dial("0004")
            phone.wait_for_status(refused, 503)
            assert refused.last.get("retry-after") == "10"
            assert "cause=34" in refused.reason


@pytest.mark.audio
def test_the_gateway_rings_for_the_exchange(folder):
    """180 without a description: with `tone ringback alert-no-pi` the caller hears the gateway's tone."""
    spans = free_port(), free_port()
    heard = folder / "heard.wav"
    with SipPhone() as phone:
        target = f"ipv4:127.0.0.1:{phone.port}"
        with Gateway(folder, *spans, target=target, peer_lines="tone ringback alert-no-pi") as gateway:
            phone.gateway = gateway.target
            with Exchange(folder, *reversed(spans), "--call", "4085550123", "2180", "--record", heard) as exchange:
                call, = wait_until("SIP call that rings",
                                   lambda: [c for c in phone.calls_of("2180") if c.state == "ringing"])
                wait_until("two seconds of ringback", lambda: heard.exists() and heard.stat().st_size > 44 + 2 * 16000)
                phone.hang_up(call)
                exchange.wait(20)
    sound = read_wav(heard)[1600:4800]
    assert min(level(sound, hz) for hz in RINGBACK_GB) > -25
    assert level(sound, 1000) < -40
