# SPDX-License-Identifier: GPL-2.0-or-later
"""A conference of real telephones in fallback, mixed by the gateway: linphone begins it as its users do, by
`conference add`. It holds the calls meanwhile, after which baresip 1.0 hears nothing any more; so that calls in."""

import contextlib
import re
import shutil

import numpy as np
import pytest

from harness.baresip import Baresip
from harness.gateway import Gateway
from harness.linphone import Account, Linphone
from harness.process import wait_until
from harness.site import Ear, wait_for_fallback
from harness.speech import RATE, level, tone, write_wav

pytestmark = pytest.mark.skipif(not shutil.which("baresip") or not shutil.which("linphonec"),
                                reason="baresip or linphone-cli is not installed")

HZ = {"2001": 500, "2002": 700, "2003": 1100, "2004": 1300}
HEARD_DB, SILENT_DB = -14, -45  # a tone is said at -9
FACTORY = "8000"
SITE = f"""\
voice register global
voice register pool 1
 id network 127.0.0.1 mask 255.255.255.255
 number 1 200.
call-manager-fallback
 call-manager 1 ipv4:127.0.0.1:9
 keepalive 100ms misses 1
 conference factory {FACTORY}
 maximum conference-participants 4
"""


class Party:
    def __init__(self, phone):
        self.phone, self.ear = phone, Ear(phone.name, phone.all_heard)

    def hears(self, others, silent=()):
        """From now on: 300 ms have the tones of the others, and those that are silent not."""
        self.ear.begin()

        def look():
            samples = self.ear.samples()[-3 * RATE // 10:] if self.ear.seconds() > 0.3 else np.zeros(0)
            return len(samples) == 3 * RATE // 10 and all(level(samples, HZ[n]) > HEARD_DB for n in others) and \
                all(level(samples, HZ[n]) < SILENT_DB for n in silent)
        wait_until(f"{others} without {silent} at {self.phone.name}", look, 10, 0.1)


def parties(gateway, count):
    wait_until(f"{count} parties", lambda: f", {count} parties;" in gateway.command("show conference"), 10, 0.05)


def test_a_telephone_brings_its_calls_into_a_conference_and_another_one_calls_it(folder, spans):
    for number, hz in HZ.items():
        write_wav(folder / f"{number}.wav", tone(hz, 60))
    gateway = Gateway(folder, *spans, listen_lines="registrar server", pots_pattern="9T", blocks=SITE)
    with gateway, contextlib.ExitStack() as stack:
        wait_until("console", gateway.listens)
        wait_for_fallback(gateway, True)
        account = Account(f"127.0.0.1:{gateway.sip_port}", expires=600, factory=FACTORY)
        one, two, three = phones = [stack.enter_context(Linphone(
            folder, folder / f"{number}.wav", f"phone{number}", user=number, account=account))
            for number in ("2001", "2002", "2003")]
        phones.append(stack.enter_context(
            Baresip(folder, folder / "2004.wav", "phone2004", user="2004", accounts=[account])))
        people = {number: Party(phone) for number, phone in zip(HZ, phones)}
        first = one.call(f"sip:2002@{account.registrar}")
        one.hold(first)
        second = one.call(f"sip:2003@{account.registrar}")
        one.command(f"conference add {first}")  # it calls the factory
        parties(gateway, 1)
        one.wait_for_line(f"Media streams established with sip:{FACTORY}@")
        one.command(f"conference add {first}")  # and refers its calls there
        parties(gateway, 2)
        one.command(f"conference add {second}")
        parties(gateway, 3)
        said = gateway.command("show conference")
        number = re.search(rf"number ({FACTORY}\*\d+), 3 of 4 parties", said)[1]
        assert "sip 2001 creator" in said and "sip 2002" in said and "sip 2003" in said, said
        phones[3].call(f"sip:{number}@{account.registrar}")
        parties(gateway, 4)
        for number, party in people.items():
            party.hears([n for n in HZ if n != number], [number])
        seen = three.position()
        phones[3].hang_up()
        one.command("terminate all")
        parties(gateway, 2)
        people["2002"].hears(["2003"], ["2001", "2004"])
        two.hang_up()
        three.wait_for_end(after=seen)
        gateway.wait_for_calls(0)
    assert sum("conference" in record["services"] for record in gateway.call_records(6)) == 4
