# SPDX-License-Identifier: GPL-2.0-or-later
"""Telephones whose outbound proxy is the gateway, with kamailio as their call manager, and without it."""

import re
import time

import pytest

from harness.baresip import Baresip
from harness.exchange import Exchange
from harness.gateway import Gateway
from harness.kamailio import KAMAILIO, PASSWORD, REALM, Kamailio
from harness.linphone import Account, Linphone
from harness.process import free_port, wait_until
from harness.site import SECOND_SPAN, Site, call_past, contacts, end_each, wait_for_fallback
from harness.span import of_pseudowires, span_driver, span_pair

pytestmark = pytest.mark.skipif(not KAMAILIO, reason="kamailio is not installed")

AWAY = "127.0.0.2"  # where the call manager is
EXPIRES = 5
KEEPALIVE_S, MISSES = 1, 3
HOLD_DOWN_S = 1
TELEPHONES = f"""\
voice register global
{{passwords}}
voice register pool 1
 id network 127.0.0.1 mask 255.255.255.255
 number 1 200.
call-manager-fallback
 call-manager 1 ipv4:{AWAY}:{{manager}} transport tcp
 keepalive {KEEPALIVE_S} misses {MISSES}
 hold-down {HOLD_DOWN_S}
 outbound-proxy emergency-local
"""
HELP = """\
emergency 112
dial-peer voice 112 pots
 destination-pattern 112
 prefix 0001
 port 1:D
"""
# Path is what sends calls through the gateway, even if the telephone does not say that it bears it
MORE = 'modparam("registrar", "use_path", 1)'


def manager(folder, port):
    return Kamailio(folder, address=AWAY, callee=port, trunk=True, min_expires=5, more=MORE)


def site(folder, spans, kamailio, port, more="", passwords=""):
    return Gateway(folder, *spans, sip_port=port, target=f"ipv4:{AWAY}:{kamailio.port}", pots_pattern="9T",
                   voip_pattern="200.$", listen_lines="registrar server expires max 60 min 5",
                   blocks=TELEPHONES.format(manager=kamailio.port, passwords=passwords) + more)


def account(gateway, password=PASSWORD):
    return Account(f"127.0.0.1:{gateway.sip_port}", password, REALM, EXPIRES)


@pytest.mark.audio
@of_pseudowires
def test_the_manager_dies_and_comes_back_and_no_call_ends(folder, spans):
    """2001 and 2004 go through the gateway by TCP, 2002 and 2003 by UDP."""
    second, port = span_pair(), free_port()
    with manager(folder, port) as kamailio, \
            site(folder, spans, kamailio, port, SECOND_SPAN.format(driver=span_driver(*second))) as gateway, \
            Exchange(folder, *reversed(spans)) as exchange, Site(folder, tcp=True) as people:
        gateway.wait_until_up(exchange)
        gateway.wait_for_line("call manager .* is up")
        town = people.town(second, "2002")
        desk, office, hall, lab = people.telephones(account(gateway))
        assert set(kamailio.contacts()) == {"2001", "2002", "2003", "2004"}  # it has asked for their passwords
        assert f":{office.port}" in kamailio.contacts()["2002"]
        assert contacts(gateway) == (0, 0, 4)

        # the call manager is there: calls of two telephones are its own, those of the town go by it too
        people.call_one_another(gateway)

        # it dies, and all that talk go on
        gone = time.monotonic()
        kamailio.kill()
        over = wait_for_fallback(gateway, True, gone)
        people.talk_on()
        end_each((town.stop, office), (hall.hang_up, desk))
        lab.hang_up()
        gateway.wait_for_calls(0)

        # no telephone has done anything, and each can be called
        town, called = people.call_in_fallback(second)
        gateway.wait_for_calls(3)

        # it is back meanwhile
        back = time.monotonic()
        kamailio.start()
        returned = wait_for_fallback(gateway, False, back)
        people.talk_back()
        wait_until("telephones at home", lambda: len(kamailio.contacts()) == 4, 15, 0.1)
        home = time.monotonic() - back
        people.end_in_fallback(town, gateway)
        call_past(gateway, desk, "2003")
    print(f"fallback {over:.2f} s after the manager was killed, a call is up {called:.2f} s after it is dialled; over "
          f"{returned:.2f} s after its start (hold-down {HOLD_DOWN_S} s), telephones at home after {home:.2f} s")
    assert over < 1  # a connection that closes is noticed at once
    people.assert_all_heard()


def test_a_drill_with_telephones_that_show_their_passwords_here_too(folder, spans):
    """And calls for help, which never are the manager's."""
    port, users = free_port(), folder / "users"
    users.write_text("".join(f"{number}:{PASSWORD} {number}\n" for number in range(2001, 2005)))
    users.chmod(0o600)
    with manager(folder, port) as kamailio, Exchange(folder, *reversed(spans)) as exchange, \
            site(folder, spans, kamailio, port, HELP,
                 f" authenticate realm {REALM}\n authenticate users file {users}") as gateway, Site(folder) as people:
        gateway.wait_until_up(exchange)
        gateway.wait_for_line("call manager .* is up")
        desk, hall = people.telephones(account(gateway), numbers=("2001", "2003"))
        desk.call("112")
        exchange.wait_for_line("call from 2001 to 0001")
        desk.hang_up()

        gateway.command("test survivability pool 1 down")
        desk.call("2003")  # as it has been learnt
        gateway.wait_for_calls(1)
        seen = hall.position()
        desk.hang_up()
        hall.wait_for_end(after=seen)
        gateway.wait_for_calls(0)
        with Baresip(folder, people.spoken["2004"], "stranger", user="2004", accounts=[account(gateway, "guessed")],
                     wait=False) as stranger:
            wait_until("refusal", lambda: "mERR" in stranger.command("reginfo"))
        wait_until("telephones", lambda: "2 came over" in gateway.command("show survivability"), 2 * EXPIRES, 0.1)
        assert contacts(gateway) == (2, 0, 0)
        report = gateway.command("test survivability pool 1 up")
        assert re.search(r"Telephones: 2 came over.*; 0 did not\n    2001 +after +\d.*\n    2003 +after", report), report
        assert "Calls: 1 answered, 0 not answered, 0 failed, 0 up" in report, report
        print(report)

        # what the manager had of them has run out in the drill
        wait_until("telephones at home", lambda: contacts(gateway) == (0, 0, 2), 3 * EXPIRES, 0.1)
        call_past(gateway, desk, "2003")


def test_an_unanswered_call_is_cancelled_through_the_gateway(folder, spans, sentence):
    port = free_port()
    with manager(folder, port) as kamailio, site(folder, spans, kamailio, port) as gateway:
        wait_until("console", gateway.listens)
        gateway.wait_for_line("call manager .* is up")
        with Linphone(folder, sentence, "phone2001", user="2001", account=account(gateway)) as one, \
                Linphone(folder, sentence, "phone2002", user="2002", account=account(gateway), answer="manual") as other:
            at = one.command(f"call sip:2002@{REALM}")
            other.wait_for_call()
            one.command("terminate")
            one.wait_for_end(after=at)
            other.wait_for_end()


@pytest.mark.audio
def test_the_manager_dies_while_calls_are_being_set_up(folder, spans):
    """2003 rings already, and goes on; of the call to 2002 the manager has not said a word, and the gateway makes it."""
    port = free_port()
    with manager(folder, port) as kamailio, site(folder, spans, kamailio, port) as gateway, \
            Site(folder, tcp=True) as people:
        wait_until("console", gateway.listens)
        gateway.wait_for_line("call manager .* is up")
        desk, office, hall, lab = people.telephones(account(gateway), answer="manual")
        dialled = desk.command(f"call sip:2003@{REALM}")
        hall.wait_for_call()
        desk.wait_for_line("Call 1 .* ringing", after=dialled)
        kamailio.stall()
        lab.command("dial", f"sip:2002@{REALM}")
        seen, gone = hall.position(), time.monotonic()
        kamailio.kill()
        office.wait_for_call()
        print(f"2002 rings {time.monotonic() - gone:.2f} s after the manager was killed")
        gateway.wait_for_line("goes on without its call manager")
        assert hall.position() == seen  # it has not noticed
        answered = lab.position()
        hall.answer()
        office.answer()
        desk.wait_for_answer(after=dialled)
        lab.wait_for_event("CALL_ESTABLISHED", after=answered)
        gateway.wait_for_calls(1)
        people.talk(("2001", "2003"), ("2003", "2001"), ("2002", "2004"), ("2004", "2002"))
        end_each((hall.hang_up, desk), (lab.hang_up, office))
        gateway.wait_for_calls(0)
    people.assert_all_heard()


@pytest.mark.audio
@of_pseudowires
def test_the_manager_dies_while_the_town_hears_it_ring(folder, spans):
    """2002 rings for the manager, and then for the gateway. Who calls has been alerted once, and is connected."""
    second, port = span_pair(), free_port()
    with manager(folder, port) as kamailio, Site(folder) as people, \
            site(folder, spans, kamailio, port, SECOND_SPAN.format(driver=span_driver(*second))) as gateway:
        wait_until("console", gateway.listens)
        gateway.wait_for_line("call manager .* is up")
        office, = people.telephones(account(gateway), numbers=("2002",), answer="manual")
        town = people.town(second, "2002")
        office.wait_for_call()
        town.wait_for_line("ALERTING")
        seen, gone = office.position(), time.monotonic()
        kamailio.kill()
        office.wait_for_call(after=seen)
        print(f"2002 rings again {time.monotonic() - gone:.2f} s after the manager was killed")
        office.answer()
        people.talk(("2002", "town"), ("town", "2002"))
        end_each((town.stop, office))
        gateway.wait_for_calls(0)
    people.assert_all_heard()
