# SPDX-License-Identifier: GPL-2.0-or-later
"""The call manager of a site goes and comes back: Kamailio with digest, telephones that have the gateway as
their second server, exchanges as the PSTN."""

import re
import shutil
import time

import numpy as np
import pytest

from harness.baresip import Baresip
from harness.exchange import Exchange
from harness.gateway import Gateway
from harness.kamailio import KAMAILIO, PASSWORD, REALM, Kamailio
from harness.linphone import Account, Linphone
from harness.process import free_port, wait_until
from harness.span import of_pseudowires, span_driver, span_pair
from harness.speech import RATE, assert_heard, make_speech, write_wav

pytestmark = [pytest.mark.audio, of_pseudowires,
              pytest.mark.skipif(not KAMAILIO or not shutil.which("linphonec"),
                                 reason="kamailio or linphone-cli is not installed")]

SITE = """\
voice register global
 mode standby
 standby-expires 10
voice register pool 1
 id network 127.0.0.1 mask 255.255.255.255
 number 1 200.
call-manager-fallback
 call-manager 1 ipv4:127.0.0.1:{manager} transport udp
 keepalive 250ms misses 3
 hold-down 1
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


def contacts(gateway):
    """(registered, standby)"""
    seen = re.search(r"(\d+) registered, (\d+) on standby", gateway.command("show call-manager-fallback"))
    return int(seen[1]), int(seen[2])


def wait_for_fallback(gateway, yes):
    text = "Fallback: " + ("yes" if yes else "no")
    wait_until(text, lambda: text in gateway.command("show call-manager-fallback"), 10, 0.02)


def talk(*phones):
    """Until each has heard all that is said to it."""
    starts = [phone.heard_seconds() for phone in phones]
    wait_until("speech", lambda: all(phone.heard_seconds() > start + 4.4
                                     for phone, start in zip(phones, starts)), 15)


def all_heard(phone):
    """Of all its calls: linphone appends, but its header counts the last one alone."""
    file = phone.heard().with_name("all-heard.wav")
    write_wav(file, np.frombuffer(phone.heard().read_bytes()[44:], "<i2").astype(float))
    return file


def says(folder, who, text):
    return make_speech(folder / f"{who}.wav", text, 1500, 300)


def test_the_call_manager_goes_and_comes_back(folder, spans):
    at_desk = says(folder, "at-desk", "Glue the sheet to the dark blue background.")
    at_office = says(folder, "at-office", "Rice is often served in round bowls.")
    in_town = says(folder, "in-town", "The juice of lemons makes fine punch.")
    write_wav(folder / "long.wav", np.zeros(90 * RATE))  # baresip hangs up at the end of it
    heard, second, port = folder / "pstn-heard.wav", span_pair(), free_port()
    with Kamailio(folder, callee=port) as kamailio:
        site = SITE.format(manager=kamailio.port, driver=span_driver(*second))
        with Gateway(folder, *spans, sip_port=port, listen_lines="registrar server expires max 600 min 10",
                     voip_pattern="9T", blocks=site) as gateway, \
                Exchange(folder, *reversed(spans)) as exchange, \
                Baresip(folder, folder / "long.wav", user="stranger") as visitor:
            accounts = dict(account=Account(f"127.0.0.1:{kamailio.port}", PASSWORD, REALM, 10),
                            second=Account(f"127.0.0.1:{gateway.sip_port}", expires=10))
            with Linphone(folder, at_desk, "desk", user="2001", **accounts) as desk, \
                    Linphone(folder, at_office, "office", user="2002", **accounts) as office:
                gateway.wait_until_up(exchange)
                wait_for_fallback(gateway, False)
                wait_until("telephones on standby", lambda: contacts(gateway) == (0, 2), 10, 0.1)

                # the call manager is there; a call that stays up until the end
                desk.call("2002")
                desk.hang_up()
                visitor.dial(f"sip:0001@127.0.0.1:{kamailio.port}")

                # it goes
                gone = time.monotonic()
                kamailio.kill()
                wait_for_fallback(gateway, True)
                over = time.monotonic() - gone
                for phone in desk, office:
                    phone.use_account(1)
                desk.call("2002")
                called = time.monotonic() - gone
                talk(desk, office)
                desk.hang_up()
                before = len(office.text())
                with Exchange(folder, *reversed(second), "--call", "4085550123", "2002", "--play", in_town,
                              "--record", heard, "--hold", "6", name="town") as town:
                    office.wait_for_call(after=before)
                    desk.call("0001")
                    talk(desk, office)
                    town.finish()
                desk.hang_up()

                # it is back
                back = time.monotonic()
                kamailio.start()
                wait_for_fallback(gateway, False)
                returned = time.monotonic() - back
                wait_until("telephones at home", lambda: sorted(kamailio.contacts()) == ["2001", "2002"], 20, 0.1)
                home = time.monotonic() - back
                for phone in desk, office:
                    phone.use_account(0)
                desk.call("2002")
                desk.hang_up()
                assert "0001" in gateway.command("show call active brief")
                visitor.hang_up()
                desk.stop()
                office.stop()
    print(f"fallback {over:.2f} s after the kill, a call is up after {called:.2f} s; over {returned:.2f} s after the "
          f"start (hold-down 1 s), telephones at home after {home:.2f} s")
    by_desk, by_office = all_heard(desk), all_heard(office)
    for said, recording in ((at_desk, by_office), (at_office, by_desk), (at_desk, by_desk), (in_town, by_office),
                            (at_office, heard)):
        assert_heard(said, recording)
