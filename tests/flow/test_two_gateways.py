# SPDX-License-Identifier: GPL-2.0-or-later
"""The whole road twice, without a foreign part: exchange A - gateway A - SIP - gateway B - exchange B.

Each call crosses ISDN to SIP in one gateway and SIP to ISDN in the other, so that every subscriber is
seen from both directions.
"""

import pytest

from harness.exchange import Exchange
from harness.gateway import Gateway
from harness.process import free_port
from harness.speech import assert_all_heard, encode, read_wav


class Road:
    """Exchange B and both gateways are up; exchange A is made for each call."""

    def __init__(self, folder, **options):
        self.folder = folder
        self.spans = [(free_port(), free_port()) for _ in "ab"]
        sip_ports = [free_port(), free_port()]
        self.far = Exchange(folder, *reversed(self.spans[1]), *options.pop("far_arguments", ()),
                            name="exchange-b")
        self.a, self.b = (
            Gateway(folder, *self.spans[i], target=f"ipv4:127.0.0.1:{sip_ports[1 - i]}",
                    sip_port=sip_ports[i], name=f"gateway-{'ab'[i]}", pots_pattern=("....$", "2....$")[i],
                    voip_pattern=("2T", "9T")[i], **options) for i in (0, 1))

    def __enter__(self):
        self.far.start()
        self.a.start()
        self.b.start()
        self.b.wait_until_up(self.far)
        return self

    def __exit__(self, *what):
        for part in (self.a, self.b, self.far):
            part.__exit__(*what)

    def call(self, number, *arguments, seconds=40):
        """Exchange A calls; returns what it says."""
        # 2T leads from gateway A to B, whose pots peer strips the 2
        with Exchange(self.folder, *reversed(self.spans[0]), "--call", "4085550123", number,
                      *arguments, name="exchange-a") as caller:
            return caller.finish(seconds)


@pytest.fixture(scope="module")
def road(tmp_path_factory):
    with Road(tmp_path_factory.mktemp("road")) as running:
        yield running


@pytest.mark.parametrize("subscriber, cause", [
    ("0003", 17), ("0005", 1), ("0006", 21), ("0007", 42), ("0008", 1), ("0010", 16), ("7777", 1),
])
def test_cause_comes_back_through_sip(road, subscriber, cause):
    road.call(f"2{subscriber}", "--expect-cause", cause)


@pytest.mark.audio
def test_speech_comes_back_bit_for_bit(road, speech):
    heard = road.folder / "heard.wav"
    road.call("20001", "--play", speech, "--record", heard)
    delay, changes = assert_all_heard(encode(read_wav(speech)), encode(read_wav(heard)))
    print(f"there and back through two gateways in {delay} ms, {changes} changes of delay")


def test_announcement_is_heard_before_the_call_is_refused(road):
    heard = road.folder / "announcement.wav"
    road.call("20008", "--expect-cause", 1, "--record", heard)
    assert abs(read_wav(heard)).max() > 1000


def test_digits_come_back(road):
    road.call("20009", "--dtmf", "1590", "--expect-digits", "1590", "--hold", "5")


def test_ringing_for_ever_is_ended_by_the_caller(road):
    road.far.wait_for_calls_to_end()  # that of the test before hangs up a little later than its caller
    said = len(road.far.text())
    with Exchange(road.folder, *reversed(road.spans[0]), "--call", "4085550123", "20004",
                  "--timeout", "4", name="exchange-a") as caller:
        assert caller.wait(30) == 1  # no answer is not as asked
    road.a.wait_for_calls(0)
    road.b.wait_for_calls(0)
    road.far.wait_for_calls_to_end()
    assert len(road.far.ended_calls(said)) == 1


def test_ten_calls_at_once(road):
    assert "10 of 10 calls went as asked" in road.call("20001", "--count", 10, "--rate", 20, "--hold", "2")


@pytest.mark.parametrize("options, far, near", [
    ({"framing": "t1", "switch_type": "primary-ni"}, ("--t1",), ("--t1",)),
    ({"side": "network"}, ("--user",), ("--user",)),
], ids=["ni2-on-t1", "gateway-is-the-network"])
def test_other_spans(folder, options, far, near):
    with Road(folder, far_arguments=far, **options) as road:
        road.call("20001", "--hold", "1", *near)
        road.call("20003", "--expect-cause", 17, *near)


def test_restricted_number_and_name_cross_sip(folder):
    with Road(folder) as road:
        road.call("20001", "--hold", "0.5", "--restrict")
        record, = road.b.call_records(1)
        assert record["calling"].endswith("4085550123")
