# SPDX-License-Identifier: GPL-2.0-or-later
"""Two exchanges back to back: every subscriber, the audio, many calls, a dead far end, bad input."""

import re
import select
import socket

import numpy as np
import pytest

from harness.exchange import Exchange
from harness.process import BUILD, Process, free_port, run, wait_until
from harness.span import DAHDI, of_pseudowires
from harness.speech import decode, encode, read_wav, write_wav

START_DIFFERENCE = 80 if DAHDI else 0  # the blocks of a card's channels do not begin together
HIGHEST_DELAY = 480  # samples; 16 ms of jitter buffer, two ticks of 5 ms, a block of 10 ms and a bad day


def noise(path, seconds=2.0, seed=1):
    """Sound that is nowhere like itself, so that one lost or doubled octet shows."""
    samples = np.random.default_rng(seed).integers(-9000, 9000, int(seconds * 8000))
    write_wav(path, samples.astype(float))
    return samples.astype(float)


def coded(samples, law="alaw"):
    return decode(encode(samples, law), law)


def delay_of(played, heard):
    """Where the whole of played is found in heard, to the bit."""
    for start in range(len(heard) - len(played) + 1):
        if heard[start] == played[0] and np.array_equal(heard[start:start + len(played)], played):
            return start
    raise AssertionError(f"{len(played)} samples are not in the {len(heard)} heard")


def level(samples, hz):
    """dBm0 of one frequency."""
    turn = np.exp(-2j * np.pi * hz / 8000 * np.arange(len(samples)))
    return 20 * np.log10(2 * abs(np.mean(samples * turn)) / 32768 + 1e-9) + 3.14


class Pair:
    """The network side stays; calls are placed by user sides that come and go (or the other way)."""

    def __init__(self, folder, spans, *common):
        self.folder, self.spans, self.common = folder, spans, common
        self.callers = 0
        self.network = None

    def start(self, *arguments):
        self.network = Exchange(self.folder, *self.spans, *self.common, *arguments, name="network")
        return self.network.start()

    def caller(self, to, *arguments, sender="4085550100"):
        self.callers += 1
        user = Exchange(self.folder, *reversed(self.spans), "--user", *self.common, "--call", sender, to,
                        *arguments, name=f"user{self.callers}")
        return user.start()

    def call(self, to, *arguments, expect=0, seconds=40, **options):
        user = self.caller(to, *arguments, **options)
        status = user.wait(seconds)
        assert status == expect, f"status {status}\n{user.text()}\n---\n{self.network.tail(60)}"
        assert "Sanitizer" not in user.text(), user.text()
        return user.text()

    def stop(self):
        if self.network:
            self.network.stop()
            assert "Sanitizer" not in self.network.text(), self.network.text()


@pytest.fixture
def pair(folder, spans):
    made = Pair(folder, spans)
    yield made
    made.stop()


def events(text):
    """Q.931 messages in the order they came or went: "> SETUP", "< CONNECT"."""
    return [arrow.strip("-") + " " + name for arrow, name in
            re.findall(r"1/\d+ (->|<-) ([A-Z]+(?: [A-Z]+)?)", text)]


ANSWERED = ["> SETUP", "< PROCEEDING", "< ALERTING", "< CONNECT"]
REFUSED = ["> SETUP", "< PROCEEDING", "< DISCONNECT"]
REJECTED = ["> SETUP", "< RELEASE COMPLETE"]


SUBSCRIBERS = [
    ("0001", ["--hold", "0.5"], 0, ANSWERED, r"answered after \d+ ms, held 0\.5 s, cause 16$"),
    ("0002", ["--hold", "0.5"], 0, ANSWERED, r"answered after \d+ ms, held 0\.5 s, cause 16$"),
    ("0003", ["--expect-cause", "17"], 0, REFUSED, r"not answered, cause 17 \(user busy\)"),
    ("0003", [], 1, REFUSED, "FAILED: it was not answered"),
    ("0003", ["--expect-cause", "1"], 1, REFUSED, "FAILED: cause 1 was expected"),
    ("0004", ["--timeout", "4"], 1, ANSWERED[:3], r"rang after \d+ ms, .* FAILED: no answer within 4"),
    ("0005", ["--expect-cause", "1"], 0, REJECTED, "cause 1 "),
    ("0006", ["--expect-cause", "21"], 0, REFUSED, "cause 21 "),
    ("0007", ["--expect-cause", "42"], 0, ["> SETUP"], "cause 42 "),
    ("0010", ["--expect-cause", "16"], 0, ANSWERED, r"answered after \d+ ms, held 2\.0 s, cause 16$"),
    ("0010", ["--hold", "5"], 1, ANSWERED, "FAILED: the far end cleared it"),
    ("0011", ["--expect-cause", "16"], 0, ANSWERED, r"answered after \d+ ms, held 1\.\d s, cause 16$"),
    ("0012", ["--expect-cause", "1"], 0, REJECTED, "cause 1 "),
    ("01", ["--expect-cause", "1"], 0, REJECTED, "cause 1 "),
]


@pytest.fixture(scope="module")
def subscriber_calls(tmp_path_factory):
    """All of them at once, each over a span of its own: the time is that of the longest."""
    pairs = []
    for i, (number, arguments, *_) in enumerate(SUBSCRIBERS):
        made = Pair(tmp_path_factory.mktemp(f"call{i}"), (free_port(), free_port()), "--frames", "40")
        made.start()
        pairs.append((made, made.caller(number, *arguments)))
    yield pairs
    for made, _ in pairs:
        made.stop()


@pytest.mark.parametrize("row", range(len(SUBSCRIBERS)),
                         ids=[" ".join([number, *arguments]) for number, arguments, *_ in SUBSCRIBERS])
def test_each_subscriber_does_what_it_should(subscriber_calls, row):
    number, arguments, expect, begins, summary = SUBSCRIBERS[row]
    made, user = subscriber_calls[row]
    assert user.wait(30) == expect, user.text()
    text = user.text()
    assert "Sanitizer" not in text
    assert events(text)[:len(begins)] == begins, text
    assert re.search(r"^call 1: .*" + summary, text, re.MULTILINE), text
    wait_until("end of the call", lambda: made.network.ended_calls())


def test_the_delays_are_kept(pair):
    pair.start("--proceeding-delay", "200", "--alerting-delay", "300", "--answer-delay", "500")
    text = pair.call("0001", "--hold", "0.5")
    assert 1000 <= int(re.search(r"answered after (\d+) ms", text).group(1)) < 2500, text


@pytest.mark.audio
@pytest.mark.parametrize("common, law", [([], "alaw"), (["--t1"], "ulaw"), (["--frames", "16"], "alaw"),
                                         (["--frames", "40"], "alaw")],
                         ids=["E1", "T1 with primary-ni", "2 ms a packet", "5 ms a packet"])
def test_the_echo_is_exact_to_the_bit_and_its_delay_is_known(folder, spans, common, law):
    if DAHDI and "--t1" in common:
        pytest.skip("the cards are E1s")
    pair = Pair(folder, spans, *common)
    pair.start()
    samples = noise(folder / "said.wav")
    text = pair.call("0001", "--play", folder / "said.wav", "--record", folder / "heard.wav")
    assert re.search(r"call 1: answered after \d+ ms, held 3\.0 s, cause 16", text), text
    delay = delay_of(coded(samples, law), read_wav(folder / "heard.wav"))
    assert 80 <= delay <= HIGHEST_DELAY
    assert re.search(r"span 1: packets .* lost 0 late 0 malformed 0, slips 0, HDLC errors 0", text), text
    pair.stop()


@pytest.mark.audio
def test_0002_plays_its_wav_to_the_bit(pair, folder):
    samples = noise(folder / "prompt.wav", 1.5)
    pair.start("--play-wav", folder / "prompt.wav")
    pair.call("0002", "--hold", "5", "--record", folder / "heard.wav")
    heard = read_wav(folder / "heard.wav")
    first = delay_of(coded(samples), heard)
    assert 150 * 8 <= first <= 400 * 8
    again = delay_of(coded(samples), heard[first + len(samples):])
    assert again == 8000, "a second of silence, then again"


def test_0002_plays_a_tone_if_it_has_no_wav(pair, folder):
    pair.start()
    pair.call("0002", "--hold", "2", "--record", folder / "heard.wav")
    heard = read_wav(folder / "heard.wav")
    assert abs(level(heard[6000:14000], 1004) - -10) < 0.2


def test_0008_announces_before_the_end(pair, folder):
    pair.start("--announcement-time", "2.5")
    text = pair.call("0008", "--expect-cause", "1", "--record", folder / "heard.wav")
    assert events(text)[:4] == ["> SETUP", "< PROCEEDING", "< PROGRESS PI", "< DISCONNECT"], text
    heard = read_wav(folder / "heard.wav")
    assert 2.2 * 8000 < len(heard) < 2.8 * 8000
    sounding = heard[np.abs(heard) > 500]
    for hz in (950, 1400, 1800):
        loudest = max(level(heard[at:at + 1600], hz) for at in range(0, 9600, 400))
        assert abs(loudest - -14) < 0.5, hz
    assert len(sounding) > 6000


@pytest.mark.audio
def test_0008_announces_with_a_wav(pair, folder):
    samples = noise(folder / "announcement.wav", 0.7)
    pair.start("--announcement", folder / "announcement.wav", "--announcement-time", "2")
    pair.call("0008", "--expect-cause", "1", "--record", folder / "heard.wav")
    # its first few milliseconds come before we know of them
    delay_of(coded(samples)[800:], read_wav(folder / "heard.wav"))


def test_0009_sends_digits_back(pair):
    pair.start()
    text = pair.call("0009", "--dtmf", "0123456789*#ABCD", "--expect-digits", "0123456789*#ABCD")
    assert "heard digits 0123456789*#ABCD" in text
    wait_until("digits", lambda: "heard digits 0123456789*#ABCD" in pair.network.text())
    text = pair.call("0001", "--dtmf", "12", "--expect-digits", "21", expect=1)
    assert "FAILED: digits 21 were expected" in text


def test_no_ringing_tone_is_left_in_an_answered_call(pair, folder):
    pair.start("--answer-delay", "700")
    pair.call("0010", "--expect-cause", "16", "--record", folder / "heard.wav")
    heard = read_wav(folder / "heard.wav")
    assert len(heard) > 15000 and np.abs(heard[320:]).max() < 20  # CONNECT overtakes the last block


@pytest.mark.audio
def test_30_calls_at_once_lose_nothing(pair, folder):
    pair.start()
    samples = noise(folder / "said.wav", 3.0)
    text = pair.call("0001", "--play", folder / "said.wav", "--record", folder / "heard.wav",
                     "--count", "30", "--rate", "1000")
    assert re.search("^30 of 30 calls went as asked", text, re.MULTILINE), text
    assert len(set(re.findall(r"1/(\d+) -> SETUP", text))) == 30
    delays = [delay_of(coded(samples), read_wav(folder / f"heard-{i}.wav")) for i in range(1, 31)]
    assert max(delays) - min(delays) <= START_DIFFERENCE and max(delays) <= HIGHEST_DELAY, delays
    assert "placed 30 of 30" in text, "progress is shown"


def test_more_calls_than_channels_wait_for_one(pair):
    pair.start()
    text = pair.call("0001", "--hold", "1", "--count", "45", "--rate", "1000")
    assert re.search("^45 of 45 calls went as asked", text, re.MULTILINE), text


def test_calls_cross_each_other(folder, spans):
    """Both sides call at once, more in sum than there are channels if they met."""
    calls = ["--count", "15", "--rate", "1000", "--hold", "1.5"]
    with Exchange(folder, *spans, "--call", "100", "0001", *calls, name="network") as network:
        with Exchange(folder, *reversed(spans), "--user", "--call", "200", "0001", *calls, "--timeout", "20",
                      name="user") as user:
            # who is done first takes its subscribers away: so each waits for the other
            wait_until("calls of both", lambda: user.text().count(": call from 100") == 15
                       and network.text().count(": call from 200") == 15, 20)
            assert user.wait(20) in (0, 1) and network.wait(20) in (0, 1)
            assert re.search("15 of 15 calls went", user.text() + network.text()), user.text()


@of_pseudowires
def test_t1_with_primary_ni_carries_23_calls(folder, spans):
    pair = Pair(folder, spans, "--t1")
    pair.start()
    text = pair.call("0001", "--count", "23", "--rate", "1000", "--hold", "1.5")
    assert re.search("^23 of 23 calls went as asked", text, re.MULTILINE), text
    assert set(re.findall(r"1/(\d+) -> SETUP", text)) == {str(i) for i in range(1, 24)}
    pair.stop()


@of_pseudowires
def test_other_switch_types_carry_calls(folder):
    pairs = []
    for kind in ("primary-dms100", "primary-4ess", "primary-5ess", "primary-qsig"):
        made = Pair(folder / kind, (free_port(), free_port()), "--switch-type", kind, "--frames", "40")
        made.start()
        pairs.append((made, made.caller("0001", "--hold", "0.5")))
    for made, user in pairs:
        assert user.wait(20) == 0, user.text()
    pairs = [(made, made.caller("0003", "--expect-cause", "17")) for made, _ in pairs]
    for made, user in pairs:
        assert user.wait(20) == 0, user.text()
        made.stop()


def test_the_network_side_calls_too(folder, spans):
    with Exchange(folder, *reversed(spans), "--user", name="user") as user:
        caller = Exchange(folder, *spans, "--call", "+442079460000", "0009", "--dtmf", "42", "--expect-digits",
                          "42", "--name", "Ada", name="network").start()
        assert caller.wait(20) == 0, caller.text()
        assert "call from 442079460000 to 0009" in user.text()


def test_a_withheld_number_is_not_shown(pair):
    pair.start()
    pair.call("0001", "--hold", "0.3", "--restrict")
    assert "call from (withheld) to 0001" in pair.network.text()
    pair.call("0001", "--hold", "0.3", sender="-")
    assert "call from (no number) to 0001" in pair.network.text()


@of_pseudowires
def test_ipv6(folder, spans):
    at = [f"[::1]:{port}" for port in spans]
    with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as probe:
        try:
            probe.bind(("::1", 0))
        except OSError:
            pytest.skip("no ::1 here")
    program = BUILD / "sipspan-exchange"
    with Process("network", folder, program, "--listen", at[0], "--peer", at[1]):
        user = Process("user", folder, program, "--user", "--listen", at[1], "--peer", at[0], "--call", "1",
                       "0001", "--hold", "0.3").start()
        assert user.wait(20) == 0, user.text()


def test_sigterm_clears_calls_properly(pair):
    pair.start()
    user = pair.caller("0001", "--count", "5", "--rate", "100", "--hold", "60")
    wait_until("calls", lambda: user.text().count("CONNECT ACK") == 5)
    assert pair.network.stop() == 0
    assert user.wait(10) == 1
    assert user.text().count("<- DISCONNECT cause 16") == 5, user.text()
    assert user.text().count("FAILED: the far end cleared it") == 5

    pair.start()
    user = pair.caller("0001", "--count", "5", "--rate", "100", "--hold", "60")
    wait_until("calls", lambda: user.text().count("CONNECT ACK") == 5)
    assert user.stop() == 1
    assert user.text().count("FAILED: it was interrupted") == 5, user.text()
    wait_until("ends", lambda: len(pair.network.ended_calls()) >= 5)
    assert {cause for _, cause in pair.network.ended_calls()} == {"16"}


@of_pseudowires
def test_a_killed_far_end_is_told_in_time(pair):
    pair.start()
    user = pair.caller("0001", "--count", "3", "--rate", "100", "--hold", "4")
    wait_until("calls", lambda: user.text().count("CONNECT ACK") == 3)
    pair.network.kill()
    assert user.wait(20) == 1
    text = user.text()
    assert "alarms: LOS" in text, text
    assert text.count("FAILED") == 3 and "0 of 3 calls went as asked" in text, text


def test_a_restarted_far_end_takes_calls_again(pair):
    network = pair.start()
    user = pair.caller("0001", "--hold", "30")
    wait_until("call", lambda: "CONNECT ACK" in network.text())
    user.kill()
    text = pair.call("0009", "--dtmf", "7", "--expect-digits", "7", "--restart")
    assert text.count("-> RESTART") >= 30, text
    network.wait_for_calls_to_end()
    assert len(network.ended_calls()) == 2, network.tail(60)
    network.kill()
    pair.start()
    pair.call("0001", "--hold", "0.5")


def test_nobody_at_the_far_end_is_said_in_one_sentence(folder, spans):
    user = Exchange(folder, *spans, "--user", "--quiet", "--call", "1", "0001", "--timeout", "1.5").start()
    assert user.wait(10) == 1
    assert "the D channel did not come up within 1.5 s" in user.text()


def test_two_network_sides_do_not_call(folder, spans):
    with Exchange(folder, *spans, name="one"):
        two = Exchange(folder, *reversed(spans), "--call", "1", "0001", "--timeout", "2", name="two").start()
        assert two.wait(15) == 1


AT = ["--listen", "127.0.0.1:{0}", "--peer", "127.0.0.1:{1}"]


@of_pseudowires
@pytest.mark.parametrize("arguments, status, sentence", [
    ([], 2, "--listen ADDR:PORT and --peer ADDR:PORT are needed"),
    (AT + ["--nonsense"], 2, "unknown option --nonsense"),
    (AT + ["--switch-type", "primary-net6"], 2, "--switch-type primary-net6: expected primary-net5"),
    (AT + ["--frames", "65"], 2, "--frames 65: expected a whole number from 1 to 64"),
    (["--listen", "nowhere", "--peer", "127.0.0.1:1"], 2, "--listen nowhere: expected ADDRESS:PORT"),
    (["--listen", "192.0.2.1:{0}", "--peer", "127.0.0.1:{1}"], 1, "192.0.2.1"),
    (AT + ["--call", "1"], 2, "--call needs two numbers"),
    (AT + ["--call", "1", "abc"], 2, "abc is no telephone number"),
    (AT + ["--call", "1", "2", "--script", "x"], 2, "--script and --call cannot be had at once"),
    (AT + ["--script", "/nonexistent/a.script"], 1, "/nonexistent/a.script cannot be read: No such file"),
    (AT + ["--script", "/dev/null"], 1, "/dev/null: there is no order in it"),
    (AT + ["--play-wav", "/nonexistent/a.wav"], 1, "/nonexistent/a.wav cannot be read: No such file"),
    (AT + ["--play-wav", "/dev/null"], 1, "/dev/null is no WAV file"),
    (AT + ["--call", "1", "0001", "--play", "{2}/stereo.wav"], 1, "convert it, e.g. sox"),
    (AT + ["--call", "1", "0001", "--record", "/nonexistent/a.wav"], 1, "/nonexistent/a.wav cannot be written"),
], ids=lambda value: " ".join(value) if isinstance(value, list) else "")
def test_bad_input_gets_one_sentence(folder, spans, arguments, status, sentence):
    (folder / "stereo.wav").write_bytes(
        b"RIFF\x28\0\0\0WAVEfmt \x10\0\0\0\1\0\2\0\x40\x1f\0\0\0\x7d\0\0\4\0\x10\0data\4\0\0\0\1\2\3\4")
    done = run(BUILD / "sipspan-exchange", *(a.format(*spans, folder) for a in arguments), check=False)
    assert done.returncode == status, done.stdout
    lines = done.stdout.splitlines()
    assert len(lines) == 1 and lines[0].startswith("sipspan-exchange: ") and sentence in lines[0], done.stdout


@of_pseudowires
def test_a_busy_port_gets_one_sentence(folder, spans):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as busy:
        busy.bind(("127.0.0.1", spans[0]))
        done = run(BUILD / "sipspan-exchange", *(a.format(*spans) for a in AT), check=False)
    assert done.returncode == 1 and len(done.stdout.splitlines()) == 1
    assert f"127.0.0.1:{spans[0]}" in done.stdout


def test_help_and_version():
    text = run(BUILD / "sipspan-exchange", "--help")
    assert "--expect-cause N" in text
    assert re.findall(r"^  (\d{4}|others) +\w", text, re.MULTILINE) == [f"{i:04}" for i in range(1, 12)] + ["others"]
    assert re.fullmatch(r"sipspan-exchange \d+\.\d+\.\d+\n", run(BUILD / "sipspan-exchange", "--version"))


@pytest.mark.audio
@of_pseudowires
def test_garbage_on_the_port_harms_nothing(pair, folder, spans):
    pair.start()
    random = np.random.default_rng(7)
    samples = noise(folder / "said.wav", 1.0)
    user = pair.caller("0001", "--play", folder / "said.wav", "--record", folder / "heard.wav")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
        while user.running():
            for port in spans:
                stranger.sendto(random.bytes(int(random.integers(0, 1400))), ("127.0.0.1", port))
            select.select([], [], [], 0.01)  # a hundred a second
    assert user.wait(5) == 0, user.text()
    delay_of(coded(samples), read_wav(folder / "heard.wav"))
