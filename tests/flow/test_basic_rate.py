# SPDX-License-Identifier: GPL-2.0-or-later
"""A basic rate: calls both ways through two gateways, on a bus and point to point, over spans of three
timeslots."""

import pytest

from harness.speech import assert_all_heard, encode, read_wav

from test_two_gateways import Road

KINDS = {"bus": ((), ""), "point-to-point": (("--point-to-point",), "isdn static-tei 0")}


@pytest.fixture(scope="module", params=KINDS)
def road(request, tmp_path_factory):
    arguments, lines = KINDS[request.param]
    arguments = ("--switch-type", "basic-net3", *arguments)
    with Road(tmp_path_factory.mktemp(request.param), framing="bri", switch_type="basic-net3",
              isdn_lines=lines, far_arguments=arguments) as running:
        running.arguments = arguments
        yield running


@pytest.mark.audio
def test_speech_comes_back_bit_for_bit(road, speech):
    heard = road.folder / "heard.wav"
    road.call("20001", "--play", speech, "--record", heard, *road.arguments)
    assert_all_heard(encode(read_wav(speech)), encode(read_wav(heard)))


@pytest.mark.parametrize("subscriber, cause", [("0003", 17), ("0005", 1), ("0006", 21)])
def test_cause_comes_back(road, subscriber, cause):
    road.call(f"2{subscriber}", "--expect-cause", cause, *road.arguments)


def test_two_calls_at_once_take_both_channels(road):
    road.call("20001", "--count", "2", "--rate", "5", "--hold", "2", *road.arguments)
    history = road.a.command("show call history")
    assert "1/1" in history and "1/2" in history
