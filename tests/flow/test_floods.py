# SPDX-License-Identifier: GPL-2.0-or-later
"""Floods, from a source that is trusted and from strangers: calls that are up lose no audio, another can be
made meanwhile, and afterwards the gateway has as many descriptors and as much memory as before."""

import contextlib
import os
import re

import pytest

from harness.certificates import authority, Certificate
from harness.exchange import Exchange
from harness.gateway import Gateway
from harness.process import BUILD, Process, free_port, rtp_range, wait_until
from harness.rtp import FRAME, RtpEnd, RtpEnds
from harness.sip_phone import SipPhone
from harness.sipp import Sipp, ack, bye, invite, pause, provisional, recv
from harness.speech import encode, read_wav
from harness.span import span_pair

pytestmark = pytest.mark.audio  # and takes all of the processors
TRUSTED, STRANGER = "127.0.0.2", "127.0.66.0"  # not the one that calls honestly
STRANGERS, FEW = 200, 5  # all together are limited too, and each shall get at his ten passwords
CALLS = 4
LOST_MS, PIECE = 40, 80
SECONDS = 2.0
T1_MS = 100  # timers H and F are 64 times as long
BACK_S = 2 * 64 * T1_MS / 1000 + 12  # no ACK, no answer to BYE; memory is looked at every 5 s
KBYTES = 6000  # more than before: so much is left over of all

LINES = """\
voice class tls-profile 1
 certificate {folder}/own.pem
 private-key {folder}/own.key
 ca {folder}/ca.pem
voice register global
 mode registrar
 max-pool 5
 max-dn 5
 authenticate realm sipspan
voice register pool 1
 id network {trusted} mask 255.255.255.255
 number 1 200
 username 200 password secret
"""
SIP_LINES = f"""\
timers trying {T1_MS}
timers connection establish 1
transport tcp tls
crypto signaling default tls-profile 1
authenticate realm sipspan
authenticate users file users
"""


class Site:
    """The gateway, the exchange behind it, and a phone that numbers with a 2 lead to."""

    def __init__(self, folder):
        self.folder, spans, self.secure = folder, span_pair(), free_port()
        self.phone = SipPhone()
        self.exchange = Exchange(folder, spans[1], spans[0])
        self.gateway = Gateway(folder, *spans, target=f"ipv4:127.0.0.1:{self.phone.port}",
                               service_lines="allow-connections sip to sip\nno ip address trusted loopback",
                               listen_lines=f"listen-port secure {self.secure}\nregistrar server",
                               sip_lines=SIP_LINES, trusted=[TRUSTED])
        with self.gateway.config.open("a") as file:
            file.write(LINES.format(folder=folder, trusted=TRUSTED))
        root = authority(folder, "ca")
        (folder / "ca.pem").write_text(root.chain)
        Certificate(folder, "own", root, "IP:127.0.0.1")
        (folder / "users").write_text("200:secret 200\n")
        (folder / "users").chmod(0o600)
        self.phone.gateway = self.gateway.target

    def __enter__(self):
        self.exchange.__enter__()
        self.gateway.__enter__()
        self.gateway.wait_until_up(self.exchange)
        self.phone.__enter__()
        self.remember()
        return self

    def __exit__(self, *what):
        for part in (self.phone, self.gateway, self.exchange):
            part.__exit__(*what)

    def pids(self):
        return {"sipspand": self.gateway.pid, "sipspan-media": self.gateway.media_pid()}

    def wait_until_worked_off(self):
        """All datagrams that came were read: the phone does not say anything twice."""
        place = f":{self.gateway.sip_port:04X} "

        def idle():
            with open("/proc/net/udp") as file:
                return all(line.split()[4].endswith(":00000000") for line in file if place in line)
        wait_until("end of what the flood left in the socket", idle, BACK_S)

    def remember(self):
        self.before = {name: (descriptors(pid), kbytes(pid)) for name, pid in self.pids().items()}

    def wait_for_descriptors(self):
        wait_until(f"as few descriptors as before: {self.before}", lambda: all(
            descriptors(pid) <= self.before[name][0] for name, pid in self.pids().items()), BACK_S)


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    with Site(tmp_path_factory.mktemp("floods")) as running:
        yield running


def descriptors(pid):
    return len(os.listdir(f"/proc/{pid}/fd"))


def kbytes(pid):
    with open(f"/proc/{pid}/status") as file:
        return int(re.search(r"^VmRSS:\s+(\d+)", file.read(), re.M)[1])


class Held:
    """Calls that are up, with speech that the exchange sends back."""

    def __init__(self, site, play):
        self.site = site
        first = rtp_range()[0]
        self.ends = [RtpEnd(first + 2 * n, play[n * 4000:] + play[:n * 4000]) for n in range(CALLS)]
        self.rtp = RtpEnds(self.ends)

    def __enter__(self):
        self.rtp.__enter__()
        phone = self.site.phone
        self.calls = [phone.dial("0001", rtp_port=end.port) for end in self.ends]
        for call in self.calls:
            phone.wait_for_status(call, 200)
        wait_until("audio", lambda: all(len(end.heard) > 25 for end in self.ends))
        return self

    def __exit__(self, *what):
        self.site.wait_until_worked_off()
        for call in self.calls:
            self.site.phone.hang_up(call)
        self.rtp.__exit__(*what)

    def assert_whole(self):
        """Each packet arrived, and what sounds in it was heard, in order. What the playout leaves out after
        this test itself, or the exchange, did not run for a while is not the gateway's fault."""
        allowed_ms = LOST_MS + 2 * self.rtp.late_ms
        for end in self.ends:
            assert end.lost() == 0
            assert len(end.heard) > 50 * SECONDS * 0.8
            assert missing_ms(end) <= allowed_ms, f"port {end.port}: of {end.sent * 20} ms"


def missing_ms(end):
    """What of the sounding pieces of 10 ms that were sent was not heard, in the order in which they were
    sent. The last half second may still be on its way."""
    played, heard = (end.play * (end.sent * FRAME // len(end.play) + 1))[:end.sent * FRAME], end.octets()
    place = missing = 0
    for at in range(0, len(played) - 4000, PIECE):
        piece = played[at:at + PIECE]
        if len(set(piece)) < PIECE // 2:
            continue  # silence: it may be left out, and is found anywhere
        found = heard.find(piece, place)
        if found < 0:
            missing += PIECE
        else:
            place = found
    return missing / 8


def flood(site, kind, rate, number):
    """Two programs: a trusted source, and strangers with as much."""
    port = site.secure if kind == "hello" else site.gateway.sip_port
    arguments = ["127.0.0.1", port, rate // 2, SECONDS, number]
    sources = {"trusted": (TRUSTED, 1), "strangers": (STRANGER, FEW if kind == "password" else STRANGERS)}
    return [Process(f"flood-{name}", site.folder, BUILD / "tests/flow/flood", kind, *source, *arguments)
            for name, source in sources.items()]


def honest_call(site):
    return Sipp(site.folder, [invite(), provisional(), recv(200), ack(), pause(200), bye(), recv(200)],
                site.gateway.target, "0001", name="honest")


FLOODS = {  # kind, datagrams a second or connections at once, number called
    "garbage": ("garbage", 20000, ""),
    "large datagrams": ("large", 150, "9"),
    "calls that are refused": ("invite", 500, "9"),
    "calls that nobody takes": ("invite", 800, "2000100"),
    "REGISTER": ("register", 2000, "200"),
    "passwords": ("password", 500, "9"),
    "silent connections": ("silent", 600, ""),
    "slow connections": ("slow", 600, "9"),
    "half of a TLS handshake": ("hello", 600, ""),
    "headers without an end": ("endless", 200, "9"),
    "calls without ACK": ("invite", 800, "2000200"),
}
DATAGRAMS = ("garbage", "large", "invite", "register", "password")


@pytest.mark.parametrize("name", FLOODS)
def test_calls_do_not_notice(site, speech, name):
    kind, rate, number = FLOODS[name]
    said = len(site.gateway.text())
    with Held(site, encode(read_wav(speech))) as held, contextlib.ExitStack() as running:
        floods = [running.enter_context(part) for part in flood(site, kind, rate, number)]
        with honest_call(site) as honest:
            honest.finish()
        assert [part.wait() for part in floods] == [0, 0]
        assert all(int(part.text().split()[-1]) > rate * SECONDS / 4 for part in floods if kind in DATAGRAMS)
    held.assert_whole()
    if kind == "password":
        assert re.search("stranger 127.0.66.*: (wrong password|blocked)", site.gateway.text()[said:])
    site.gateway.command("clear sip-ua strangers")
    for call in site.phone.calls_of("2"):
        site.phone.hang_up(call)
    site.wait_for_descriptors()
    assert site.gateway.active_calls() == 0


def test_memory_is_given_back(site):
    """Of all the floods before; each kind made it grow by 10 MB and more."""
    wait_until(f"memory as before: {site.before}", lambda: all(
        kbytes(pid) <= site.before[name][1] + KBYTES for name, pid in site.pids().items()), BACK_S)
