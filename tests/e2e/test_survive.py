# SPDX-License-Identifier: GPL-2.0-or-later
"""Telephones of two makes that have the gateway as their second server: the network to their call manager, a
kamailio that asks for passwords, is down for a while, or it is not there from the beginning."""

import re
import shutil
import time

import pytest

from harness.exchange import Exchange
from harness.gateway import Gateway
from harness.kamailio import KAMAILIO, PASSWORD, REALM, Kamailio
from harness.linphone import Account
from harness.process import free_port, wait_until
from harness.site import SECOND_SPAN, Site, call_past, contacts, wait_for_fallback
from harness.span import of_pseudowires, span_driver, span_pair

pytestmark = pytest.mark.skipif(not KAMAILIO or not shutil.which("linphonec"),
                                reason="kamailio or linphone-cli is not installed")

AWAY = "127.0.0.2"  # where the call manager is
KEEPALIVE_S, MISSES = 0.25, 3
HOLD_DOWN_S = 1
TELEPHONES = f"""\
location store {{store}}
voice register global
 mode standby
 standby-expires 5
voice register pool 1
 id network 127.0.0.1 mask 255.255.255.255
 number 1 200.
call-manager-fallback
 call-manager 1 ipv4:{AWAY}:{{manager}} transport udp
 keepalive {int(1000 * KEEPALIVE_S)}ms misses {MISSES}
 hold-down {HOLD_DOWN_S}
"""


def site(folder, spans, manager, port, more="", store="memory"):
    return Gateway(folder, *spans, sip_port=port, target=f"ipv4:{AWAY}:{manager}", pots_pattern="9T",
                   voip_pattern="200.$", listen_lines="registrar server expires max 600 min 5",
                   blocks=TELEPHONES.format(manager=manager, store=store) + more)


@pytest.mark.audio
@of_pseudowires
def test_the_manager_is_away_for_a_while_and_no_call_ends(folder, spans):
    second, port = span_pair(), free_port()
    with Kamailio(folder, address=AWAY, callee=port, trunk=True) as kamailio, \
            site(folder, spans, kamailio.port, port, SECOND_SPAN.format(driver=span_driver(*second))) as gateway, \
            Exchange(folder, *reversed(spans)) as exchange, Site(folder) as people:
        gateway.wait_until_up(exchange)
        gateway.wait_for_line("call manager .* is up")
        town = people.town(second, "2002")
        desk, office, hall, lab = people.telephones(
            Account(f"{AWAY}:{kamailio.port}", PASSWORD, REALM, 300), Account(f"127.0.0.1:{port}", expires=6))
        assert len(kamailio.contacts()) == 4
        wait_until("telephones on standby", lambda: contacts(gateway) == (0, 4, 0), 10, 0.1)

        # the call manager is there: it has the calls of all, those of the town too
        people.call_one_another(gateway)

        # nothing is heard of it any more, and all that talk go on
        gone = time.monotonic()
        kamailio.stall()
        over = wait_for_fallback(gateway, True, gone)
        people.talk_on()
        town.stop()
        for phone in people.phones:
            phone.hang_up()  # each tells the one who does not hear
            phone.use_account(1)

        town, called = people.call_in_fallback(second)

        # it is back meanwhile
        back = time.monotonic()
        kamailio.go_on()
        returned = wait_for_fallback(gateway, False, back)
        people.talk_back()
        wait_until("telephones on standby", lambda: contacts(gateway) == (0, 4, 0), 10, 0.1)
        home = time.monotonic() - back
        people.end_in_fallback(town, gateway)
        desk.use_account(0)
        call_past(gateway, desk, "2003")
    print(f"fallback {over:.2f} s after nothing was heard of the manager (keepalive {KEEPALIVE_S} s x {MISSES}), a call is "
          f"up {called:.2f} s after it is dialled; over {returned:.2f} s after its return (hold-down {HOLD_DOWN_S} s), telephones at "
          f"home after {home:.2f} s")
    assert over < KEEPALIVE_S * MISSES + 1
    people.assert_all_heard()


def test_a_site_that_starts_without_its_manager_and_is_killed(folder, spans):
    """Telephones hold and transfer calls; what was registered is there again."""
    port = free_port()
    with site(folder, spans, free_port(), port, store=f"file {folder}/locations") as gateway, Site(folder) as people:
        wait_until("console", gateway.listens)
        wait_for_fallback(gateway, True)
        desk, office, hall = people.telephones(Account(f"127.0.0.1:{port}", expires=600), numbers=("2001", "2002", "2003"))
        assert contacts(gateway) == (3, 0, 0)

        # 2003 holds 2001, and sends him to 2002
        call = desk.call("2003")
        seen = desk.position()
        hall.command("hold")
        desk.wait_for_line(f"Call {call} has been paused by", after=seen)
        hall.command("resume")
        desk.wait_for_line(f"Media streams established with .* for call {call} ", after=seen)
        seen = hall.position()
        hall.command("transfer", f"sip:2002@127.0.0.1:{port}")
        office.wait_for_call()
        call = office.wait_for_answer()
        hall.wait_for_end(after=seen)
        gateway.wait_for_calls(1)
        assert re.search("2001.*2002", gateway.command("show call active brief"))

        # 2002 asks 2003, and gives him 2001
        seen = office.position()
        office.hold(call)
        office.transfer(call, office.call("2003"))
        office.wait_for_end(after=seen)
        gateway.wait_for_calls(1)
        seen = hall.position()
        desk.hang_up()
        hall.wait_for_end(after=seen)

        gateway.kill()
        gateway.start()
        wait_until("console", gateway.listens)
        assert contacts(gateway) == (3, 0, 0)
        began = time.monotonic()
        desk.call("2003")
        print(f"a call is up {time.monotonic() - began:.2f} s after the gateway was there again")
        seen = desk.position()
        hall.hang_up()
        desk.wait_for_end(after=seen)
