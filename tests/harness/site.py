# SPDX-License-Identifier: GPL-2.0-or-later
"""A site: telephones of two makes, each with a sentence of its own, that are registered at a call manager, at
the gateway or through it; and the town, the telephone network's end of a second span."""

import re
import time
from contextlib import ExitStack

import numpy as np

from .baresip import Baresip
from .exchange import Exchange
from .linphone import Linphone
from .process import wait_until
from .speech import RATE, assert_heard, make_speech, read_wav, write_wav

SAID = {"2001": "Smooth planks.", "2002": "Round bowls.", "2003": "Dark glue.", "2004": "Lemon punch.",
        "town": "Four hours."}
SECOND_SPAN = """\
controller e1 2
 driver {driver}
 clock source line
 pri-group timeslots 1-31
interface serial 2:D
 isdn switch-type primary-net5
 isdn protocol-emulate user
voice-port 2:D
 cptone GB
dial-peer voice 101 pots
 incoming called-number .
 port 2:D
"""
LONG_S = 120


class Ear:
    """What somebody hears from begin() on. files: returns its recordings, the newest last."""

    def __init__(self, name, files):
        self.name, self.files, self.before = name, files, {}

    def _sizes(self):
        return {path: path.stat().st_size for path in self.files()}

    def begin(self):
        self.before = self._sizes()

    def seconds(self):
        return sum(max(0, size - self.before.get(path, 44)) for path, size in self._sizes().items()) / 2 / RATE

    def samples(self):
        """Whole ones."""
        heard = [path.read_bytes()[self.before.get(path, 44):] for path in self.files()]
        return np.concatenate([np.frombuffer(octets[:len(octets) // 2 * 2], "<i2") for octets in heard]).astype(float)


class Site:
    """Telephones 2001 and 2002 are linphone, 2003 and 2004 baresip; 2001 and 2004 speak TCP if tcp is true."""

    def __init__(self, folder, tcp=False):
        self.folder, self.tcp = folder, tcp
        self.said, self.spoken, self.ears, self.stack = {}, {}, {}, ExitStack()
        self.phones, self.checks = [], []
        for name, text in SAID.items():
            self.said[name] = make_speech(folder / f"says-{name}.wav", text, 200, 100)
            once = read_wav(self.said[name])
            self.spoken[name] = folder / f"speaks-{name}.wav"
            write_wav(self.spoken[name], np.tile(once, LONG_S * RATE // len(once)))
        self.window_s = max(len(read_wav(file)) for file in self.said.values()) * 2.1 / RATE

    def __enter__(self):
        return self

    def __exit__(self, *what):
        return self.stack.__exit__(*what)

    def telephones(self, *accounts, numbers=("2001", "2002", "2003", "2004"), answer="auto"):
        """Registered with one or two accounts each when this returns; they call by the first until use_account()."""
        for number in numbers:
            transport = "tcp" if self.tcp and number in ("2001", "2004") else "udp"
            what = dict(name=f"phone{number}", user=number, transport=transport, wait=False, answer=answer)
            if number in ("2001", "2002"):
                phone = Linphone(self.folder, self.spoken[number], account=accounts[0], second=(*accounts, None)[1], **what)
            else:
                phone = Baresip(self.folder, self.spoken[number], accounts=accounts, **what)
            self.ears[number] = Ear(number, phone.all_heard)
            self.phones.append(self.stack.enter_context(phone))
        for phone in self.phones[-len(numbers):]:
            phone.wait_until_registered()
        return self.phones[-len(numbers):]

    def town(self, spans, number, caller="4085550123"):
        """Somebody there calls a telephone, and speaks until stop()."""
        heard = self.folder / f"town-heard-{len(self.checks)}.wav"
        self.ears["town"] = Ear("town", lambda: [heard] if heard.exists() else [])
        return self.stack.enter_context(Exchange(
            self.folder, *reversed(spans), "--call", caller, number, "--play", self.spoken["town"], "--record", heard,
            "--hold", str(LONG_S), name=f"town-{number}-{len(self.checks)}"))

    def talk(self, *pairs):
        """Until each has heard enough of what the other one says: (ear, who speaks to it), ..."""
        ears = [self.ears[ear] for ear, _ in pairs]
        for ear in ears:
            ear.begin()
        wait_until("speech", lambda: all(ear.seconds() > self.window_s for ear in ears), 15)
        for (_, speaker), ear in zip(pairs, ears):
            file = self.folder / f"check-{len(self.checks)}-{ear.name}-hears-{speaker}.wav"
            write_wav(file, ear.samples())
            self.checks.append((self.said[speaker], file))

    def assert_all_heard(self):
        for said, heard in self.checks:
            assert_heard(said, heard)


def contacts(gateway):
    """(registered, standby, learnt)"""
    seen = re.search(r"(\d+) registered, (\d+) on standby, (\d+) learnt", gateway.command("show call-manager-fallback"))
    return tuple(map(int, seen.groups()))


def wait_for_fallback(gateway, yes, since=None):
    """Returns for how long, since that time."""
    text = "Fallback: " + ("yes" if yes else "no")
    wait_until(text, lambda: text in gateway.command("show call-manager-fallback"), 15, 0.02)
    return time.monotonic() - since if since else 0
