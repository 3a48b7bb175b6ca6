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
ALL = ("2001", "2002", "2003", "2004")


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

    def telephones(self, *accounts, numbers=ALL, answer="auto"):
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

    def call_one_another(self, gateway):
        """2001 has 2003, 2004 a call to the telephone network, and 2002 has one from the town, while there is a call
        manager; the two of telephones are its own."""
        desk, office, _, lab = self.phones
        desk.call("2003")
        lab.call("90001")
        office.wait_for_call()
        gateway.wait_for_calls(2)
        self.talk_on()

    def talk_on(self):
        """Those of call_one_another()."""
        self.talk(("2001", "2003"), ("2003", "2001"), ("2004", "2004"), ("2002", "town"), ("town", "2002"))

    def call_in_fallback(self, spans):
        """2001 has 2004, 2003 a call to the telephone network, and 2002 has one from the town. Returns that, and
        after how many seconds 2001 was answered."""
        desk, office, hall, _ = self.phones
        dialled = time.monotonic()
        desk.call("2004")
        called = time.monotonic() - dialled
        seen = office.position()
        town = self.town(spans, "2002")
        hall.call("90001")
        office.wait_for_call(after=seen)
        return town, called

    def talk_back(self):
        """Those of call_in_fallback()."""
        self.talk(("2001", "2004"), ("2004", "2001"), ("2003", "2003"), ("2002", "town"), ("town", "2002"))

    def end_in_fallback(self, town, gateway):
        """Those too; each end is heard of by the other one."""
        desk, office, hall, lab = self.phones
        end_each((town.stop, office), (lab.hang_up, desk))
        hall.hang_up()
        gateway.wait_for_calls(0)

    def assert_all_heard(self):
        for said, heard in self.checks:
            assert_heard(said, heard)


def end_each(*ends):
    """(who ends a call, the telephone that hears of it), ..."""
    for one, other in ends:
        seen = other.position()
        one()
        other.wait_for_end(after=seen)


def call_past(gateway, phone, called):
    """A call that the gateway has no part in."""
    phone.call(called)
    assert gateway.active_calls() == 0
    phone.hang_up()


def contacts(gateway):
    """(registered, standby, learnt)"""
    seen = re.search(r"(\d+) registered, (\d+) on standby, (\d+) learnt", gateway.command("show call-manager-fallback"))
    return tuple(map(int, seen.groups()))


def wait_for_fallback(gateway, yes, since=None):
    """Returns for how long, since that time."""
    text = "Fallback: " + ("yes" if yes else "no")
    wait_until(text, lambda: text in gateway.command("show call-manager-fallback"), 15, 0.02)
    return time.monotonic() - since if since else 0
