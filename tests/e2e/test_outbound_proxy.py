# SPDX-License-Identifier: GPL-2.0-or-later
"""Telephones whose outbound proxy is the gateway, with kamailio as their call manager, and without it."""

import pytest

from harness.gateway import Gateway
from harness.kamailio import KAMAILIO, PASSWORD, REALM, Kamailio
from harness.linphone import Account, Linphone
from harness.process import wait_until

pytestmark = pytest.mark.skipif(not KAMAILIO, reason="kamailio is not installed")

KEEPALIVE_MS, MISSES = 300, 2
BLOCKS = f"""\
voice register global
voice register pool 1
 id network 127.0.0.1 mask 255.255.255.255
 number 1 200.
call-manager-fallback
 call-manager 1 ipv4:127.0.0.1:{{port}}
 keepalive {KEEPALIVE_MS}ms misses {MISSES}
 hold-down 1
 outbound-proxy
"""
# Path is what sends calls through the gateway, even if the telephone does not say that it bears it
MORE = 'modparam("registrar", "use_path", 1)'


def site(folder, spans, kamailio):
    return Gateway(folder, *spans, listen_lines="registrar server", blocks=BLOCKS.format(port=kamailio.port),
                   service_lines="allow-connections sip to sip", voip_pattern="9T", pots_pattern="8...$")


def telephone(folder, play, number, gateway, **more):
    return Linphone(folder, play, name=f"phone{number}", user=number,
                    account=Account(f"127.0.0.1:{gateway.sip_port}", PASSWORD, REALM, expires=600), **more)


def call(one, other, number):
    """Both ends hear that there is a call, and that it is over."""
    at = len(other.text())
    one.call(f"sip:{number}@{REALM}")
    other.wait_for_call(after=at)
    return at


@pytest.mark.audio
@pytest.mark.usefixtures("known_leaks")
def test_telephones_go_through_the_gateway_and_stay_when_the_manager_dies(folder, spans, sentence):
    with Kamailio(folder, more=MORE) as kamailio, site(folder, spans, kamailio) as gateway:
        wait_until("console", gateway.listens)
        gateway.wait_for_line("call manager .* is up")
        with telephone(folder, sentence, "2001", gateway) as one, \
                telephone(folder, sentence, "2002", gateway) as other:
            # the manager has asked for the password, and knows each as it is
            contacts = kamailio.contacts()
            assert set(contacts) == {"2001", "2002"}
            assert f":{one.port}" in contacts["2001"]

            seen = call(one, other, "2002")
            one.hold(1)
            one.resume(1)
            one.hang_up()
            other.wait_for_end(after=seen)
            call(other, one, "2001")

            # they talk, and the manager is killed: the call stays, and can be ended
            kamailio.kill()
            gateway.wait_for_line("fallback: on")
            seen = len(one.text())
            other.hang_up()
            one.wait_for_end(after=seen)

            # neither has registered again
            seen = call(one, other, "2002")
            one.hang_up()
            other.wait_for_end(after=seen)


def test_an_unanswered_call_is_cancelled_through_the_gateway(folder, spans, sentence):
    with Kamailio(folder, more=MORE) as kamailio, site(folder, spans, kamailio) as gateway:
        wait_until("console", gateway.listens)
        gateway.wait_for_line("call manager .* is up")
        with telephone(folder, sentence, "2001", gateway) as one, \
                telephone(folder, sentence, "2002", gateway, answer="manual") as other:
            at = one.command(f"call sip:2002@{REALM}")
            other.wait_for_call()
            one.command("terminate")
            one.wait_for_end(after=at)
            other.wait_for_end()
