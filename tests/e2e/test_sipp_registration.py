# SPDX-License-Identifier: GPL-2.0-or-later
"""sipp as a registrar and as a trunk that asks who calls, with answers that no friendly one has."""

import re

from harness.exchange import Exchange
from harness.gateway import Gateway
from harness.name_server import NameServer
from harness.process import wait_until
from harness.sipp import Sipp, recv_ack, recv_request, reply, sdp

REALM = "provider.test"
USER = f"username gw password secret realm {REALM}"
OWN_CONTACT = "[last_Contact:]"


def challenge(status, nonce, more):
    return reply(status, extra=f'WWW-Authenticate: Digest realm="{REALM}", nonce="{nonce}", {more}')


def authorized(method, number):
    """The request with credentials that sipp finds right; else it is answered 403, and the test fails."""
    return (f'<recv request="{method}" timeout="10000" rrs="true"><action><verifyauth assign_to="right{number}" '
            'username="gw" password="secret"/></action></recv>'
            f'<nop test="right{number}" next="{number}"/>{reply("403 Forbidden")}'
            '<recv request="NEVER" timeout="1000"/>'
            f'<label id="{number}"/>')


def registered(status_text):
    return re.search(r"^0001 .* yes ", status_text, re.MULTILINE)


def wait_until_registered(gateway):
    wait_until("registration", lambda: registered(gateway.command("show sip-ua register status")), 10, 0.1)


def test_too_short_a_time_is_made_longer(folder, spans):
    steps = [recv_request("REGISTER", headers={"Expires": "^ *60$"}),
             reply("423 Interval Too Brief", extra="Min-Expires: 1800"),
             recv_request("REGISTER", headers={"Expires": "^ *1800$"}),
             challenge("401 Unauthorized", "first", "qop=\"auth\""), authorized("REGISTER", 1),
             reply("200 OK", extra=OWN_CONTACT + "\nExpires: 1800"),
             recv_request("REGISTER", headers={"Expires": "^ *0$"}), reply("200 OK")]
    with Sipp(folder, steps) as registrar:
        with Gateway(folder, *spans, sip_lines=f"registrar ipv4:127.0.0.1:{registrar.port} expires 60\n"
                                               f"credentials number 0001 {USER}") as gateway:
            wait_until("console", gateway.listens)
            wait_until_registered(gateway)
        registrar.finish()


def test_another_address_of_the_registrar_serves(folder, spans):
    steps = [recv_request("REGISTER", headers={"To": f"<sip:0001@{REALM}>"}),
             reply("200 OK", extra=OWN_CONTACT + "\nExpires: 60"),
             recv_request("REGISTER", headers={"Expires": "^ *0$"}), reply("200 OK")]
    with Sipp(folder, steps, address="127.0.0.3") as registrar:
        records = (f"--srv-host=_sip._udp.{REALM},a.{REALM},{registrar.port},1",
                   f"--srv-host=_sip._udp.{REALM},b.{REALM},{registrar.port},2",
                   f"--address=/a.{REALM}/127.0.0.2", f"--address=/b.{REALM}/127.0.0.3")
        with NameServer(folder, REALM, (), records) as names:
            gateway = Gateway(folder, *spans, addresses=("127.0.0.1",),
                              sip_lines=f"registrar dns:{REALM} expires 60\ncredentials number 0001 {USER}")
            with open(gateway.config, "a") as text:
                text.write(f"ip name-server {names.address}\n")
            with gateway:
                wait_until("console", gateway.listens)
                wait_until_registered(gateway)
        registrar.finish()


def test_a_call_is_authorized_with_its_body_and_with_a_second_nonce(folder, spans):
    steps = [recv_request("INVITE"), challenge("401 Unauthorized", "first", "qop=\"auth-int\""),
             recv_request("ACK"), authorized("INVITE", 1),
             challenge("401 Unauthorized", "second", "qop=\"auth-int\", stale=true"),
             recv_request("ACK"), authorized("INVITE", 2), reply("180 Ringing"),
             reply("200 OK", sdp(), retrans=True), recv_ack(), authorized("BYE", 3), reply("200 OK", in_dialog=True)]
    with Sipp(folder, steps) as trunk:
        with Gateway(folder, *spans, target=f"ipv4:127.0.0.1:{trunk.port}",
                     sip_lines=f"authentication {USER}") as gateway:
            wait_until("console", gateway.listens)
            with Exchange(folder, spans[1], spans[0], "--call", "4085550123", "2001", "--hold", "0.5") as caller:
                caller.finish()
            trunk.finish()
            assert gateway.call_records(1)[0]["cause"] == "16"
