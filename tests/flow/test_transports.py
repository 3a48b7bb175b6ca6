# SPDX-License-Identifier: GPL-2.0-or-later
"""How SIP gets to the far end: UDP and TCP, IPv4 and IPv6, several addresses, NAT, large requests."""

import contextlib
import re
import socket

import pytest

from harness.gateway import Gateway
from harness.process import Failure, free_port, rtp_range, wait_until
from harness.sip_phone import Message, SipPhone
from harness.sip_stream import SDP, Dialog, Listener, connect, respond

CONFIG = """\
hostname transports
voice service voip
 allow-connections sip to sip
 rtp-port range {rtp[0]} {rtp[1]}
 sip
  bind control address 127.0.0.1
  bind control address 127.0.0.2
  bind control address ::1
  listen-port non-secure {sip}
{all_lines}
voice class tenant 7
{tenant_lines}
call-record file {folder}/sipspand.csv
dial-peer voice 10 voip
 incoming called-number .
dial-peer voice 20 voip
 destination-pattern 2...
 session target ipv4:127.0.0.1:{phone}
dial-peer voice 30 voip
 destination-pattern 3...
 session target {far}
 voice-class sip tenant 7
{peer_lines}
sip-ua
{sip_lines}
"""


class Site:
    def __init__(self, folder, phone, far="ipv4:127.0.0.1:9", **lines):
        self.port = free_port()
        folder.mkdir(parents=True, exist_ok=True)
        parts = {name: "".join(f" {line}\n" for line in lines.get(name, "").splitlines()).rstrip("\n")
                 for name in ("all_lines", "tenant_lines", "peer_lines", "sip_lines")}
        parts["all_lines"] = parts["all_lines"].replace(" ", "  ", 1) if parts["all_lines"] else ""
        text = CONFIG.format(rtp=rtp_range(), sip=self.port, folder=folder, phone=phone.port, far=far, **parts)
        self.gateway = Gateway(folder, 0, 0, sip_port=self.port, text=text)
        phone.gateway = self.gateway.target

    def __enter__(self):
        self.gateway.start()
        wait_until("console of the gateway", self.gateway.listens)
        wait_until("media process", self.gateway.media_pid)
        return self

    def __exit__(self, *what):
        self.gateway.__exit__(*what)


class FarEnd:
    """UDP, one datagram after another; stands in for a Connection of sip_stream. Nobody else has its port
    for TCP, which the gateway tries for what is large."""

    transport = "UDP"

    def __init__(self, address="127.0.0.1"):
        self.socket = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_DGRAM)
        self.port = free_port()
        self.socket.bind((address, self.port))
        self.socket.settimeout(60)
        self.peer = None

    def expect(self, start):
        while True:
            try:
                data, self.peer = self.socket.recvfrom(65536)
            except TimeoutError:
                raise Failure(f"{start} did not come") from None
            message = Message(data.decode())
            if message.line.startswith(start):
                return message

    @property
    def local(self):
        return f"127.0.0.1:{self.port}"

    def send(self, lines, body=""):
        text = "\r\n".join([*lines, *(["Content-Type: application/sdp"] if body else []),
                            f"Content-Length: {len(body)}"]) + "\r\n\r\n" + body
        self.socket.sendto(text.encode(), self.peer)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()


@pytest.fixture
def phone():
    with SipPhone() as running:
        yield running


def call_with_much_to_say(site, called="3100"):
    """An INVITE for which the gateway's own is above 1300 octets."""
    connection = connect(("127.0.0.1", site.port))
    call = Dialog(connection, called, f"127.0.0.1:{site.port}")
    call.request("INVITE", call.sdp(), extra=["User-to-User: " + "ab" * 128 + ";encoding=hex",
                                              "Diversion: " + ", ".join(f"<sip:{n}@example.com>;reason=no-answer"
                                                                        for n in range(442079460000, 442079460003))])
    return connection


def busy(far, invite):
    respond(far, invite, "486 Busy Here")
    far.expect("ACK")


def test_a_large_request_moves_to_tcp_and_a_small_one_does_not(folder, phone):
    with FarEnd() as far, Listener(port=far.port) as stream, \
            Site(folder, phone, far=f"ipv4:127.0.0.1:{far.port}") as site:
        phone.dial("3100")
        invite = far.expect("INVITE")
        assert invite.get("via").startswith("SIP/2.0/UDP")
        busy(far, invite)
        with call_with_much_to_say(site) as caller, stream.accept() as connection:
            invite = connection.expect("INVITE")
            assert invite.get("via").startswith(f"SIP/2.0/TCP 127.0.0.1:{site.port}")
            busy(connection, invite)
            caller.expect("SIP/2.0 486")


def test_a_large_request_goes_by_udp_if_tcp_is_refused_or_switched_off(folder, phone):
    with FarEnd() as far, Site(folder / "refused", phone, far=f"ipv4:127.0.0.1:{far.port}") as site:
        with call_with_much_to_say(site) as caller:
            invite = far.expect("INVITE")
            assert invite.get("via").startswith("SIP/2.0/UDP")
            busy(far, invite)
            caller.expect("SIP/2.0 486")
    with FarEnd() as far, Listener(port=far.port) as stream, \
            Site(folder / "off", phone, far=f"ipv4:127.0.0.1:{far.port}",
                 tenant_lines="no transport switch udp tcp") as site:
        with call_with_much_to_say(site):
            busy(far, far.expect("INVITE"))
        stream.socket.settimeout(0.1)
        with pytest.raises(TimeoutError):
            stream.accept()


def media_address(message):
    return re.search(r"^c=IN IP[46] (\S+)", message.body, re.MULTILINE)[1]


def test_the_far_end_behind_nat_is_told_the_external_address(folder, phone):
    lines = "external-address 203.0.113.5 port 5099\nexternal-address media 203.0.113.6"
    with FarEnd() as far, Site(folder, phone, far=f"ipv4:127.0.0.1:{far.port}", tenant_lines=lines) as site:
        call = phone.dial("3100")
        invite = far.expect("INVITE")
        assert invite.get("via").startswith("SIP/2.0/UDP 203.0.113.5:5099;")
        assert "rport" in invite.get("via")
        assert invite.get("contact") == "<sip:203.0.113.5:5099>"
        assert media_address(invite) == "203.0.113.6"
        assert far.peer == ("127.0.0.1", site.port)
        respond(far, invite, "200 OK", contact=f"sip:far@127.0.0.1:{far.port}", body=SDP.format(version=1))
        far.expect("ACK")
        wait_until("the call", lambda: call.state == "up")
        assert call.target == f"sip:127.0.0.1:{site.port}"  # another trunk: our own
        phone.hang_up(call)
        respond(far, far.expect("BYE"), "200 OK")


def test_a_trunk_has_an_address_of_its_own(folder, phone):
    lines = "bind control address 127.0.0.2\nbind media address 127.0.0.2"
    with FarEnd() as far, Site(folder, phone, far=f"ipv4:127.0.0.1:{far.port}", tenant_lines=lines) as site:
        phone.dial("3100")
        invite = far.expect("INVITE")
        assert far.peer == ("127.0.0.2", site.port)
        assert invite.get("via").startswith(f"SIP/2.0/UDP 127.0.0.2:{site.port}")
        assert invite.get("contact") == f"<sip:127.0.0.2:{site.port}>"
        assert media_address(invite) == "127.0.0.2"
        busy(far, invite)


def test_an_interface_stands_for_its_address(folder, phone):
    with FarEnd() as far, Site(folder, phone, far=f"ipv4:127.0.0.1:{far.port}",
                               peer_lines="voice-class sip bind control source-interface lo") as site:
        assert " voice-class sip bind control source-interface lo" in site.gateway.command("show running-config")
        phone.dial("3100")
        busy(far, far.expect("INVITE"))


def test_a_caller_behind_nat_is_reached_where_it_calls_from(folder, phone):
    with FarEnd() as far, Site(folder, phone) as site:
        far.peer = ("127.0.0.1", site.port)
        call = Dialog(far, "2200", f"127.0.0.1:{site.port}", contact="sip:me@10.255.0.1:5062", via="10.255.0.1:5062")
        call.via_parameters = ";rport"
        call.request("INVITE", call.sdp())
        while True:
            answer = far.expect("SIP/2.0")
            if answer.status >= 200:
                break
        assert answer.status == 200
        assert f"rport={far.port}" in answer.get("via") and "received=127.0.0.1" in answer.get("via")
        call.to, call.target = answer.get("to"), re.search("<(.*)>", answer.get("contact"))[1]
        call.request("ACK")
        (called,) = phone.calls_of("2200")
        wait_until("the call", lambda: called.state == "up")
        phone.hang_up(called)
        bye = far.expect("BYE sip:me@10.255.0.1:5062")
        respond(far, bye, "200 OK")


@pytest.mark.parametrize("address", ["::1", "127.0.0.2"])
def test_calls_come_on_every_address_that_is_bound(folder, phone, address):
    host = f"[{address}]" if ":" in address else address
    with Site(folder, phone) as site, connect((address, site.port)) as connection:
        call = Dialog(connection, "2200", f"{host}:{site.port}")
        assert call.establish().get("contact") == f"<sip:{host}:{site.port};transport=tcp>"
        call.end()


def test_pings_on_tcp_are_answered(folder, phone):
    with Site(folder, phone) as site, connect(("127.0.0.1", site.port)) as connection:
        connection.raw.sendall(b"\r\n\r\n")
        assert connection.octets() == b"\r\n"


def test_connections_have_limits(folder, phone):
    with Site(folder, phone, sip_lines="connection limit source 3\ntimers connection establish 1") as site:
        good = []
        for _ in range(3):  # each has said a word before the next one comes
            good.append(connect(("127.0.0.1", site.port)))
            call = Dialog(good[-1], "2200", f"127.0.0.1:{site.port}")
            call.establish()
            call.end()
        with connect(("127.0.0.1", site.port)) as excess, \
                connect(("127.0.0.1", site.port), source=("127.0.0.2", 0)) as silent:
            excess.wait_until_closed()
            silent.wait_until_closed()  # it never said a word
        for connection in good:
            call = Dialog(connection, "2200", f"127.0.0.1:{site.port}")
            call.establish()
            call.end()
            connection.close()
        shown = site.gateway.command("show sip-ua connections detail")
        assert re.search("1 without a request, 0 idle, 1 beyond", shown)


def test_connections_that_were_just_found_are_not_old(folder, phone):
    """Reading so many takes longer than the clock needs to go on."""
    count = 400
    with Site(folder, phone, sip_lines=f"connection limit source {count}\ntimers connection establish 60") as site, \
            contextlib.ExitStack() as stack:
        for _ in range(count):
            stack.enter_context(connect(("127.0.0.1", site.port)))

        def looked_at():
            """Each has its line, or has been closed."""
            shown = site.gateway.command("show sip-ua connections detail")
            closed = sum(int(n) for n in re.findall(r"\d+", shown.partition("Closed since the start:")[2]))
            return shown if closed + shown.count(f"127.0.0.1:{site.port} ") >= count else None

        shown = wait_until("a look at them all", looked_at)
        assert "0 too slow to be established, 0 without a request, 0 idle, 0 beyond" in shown


def test_stun_is_not_answered(folder, phone):
    """The stack has a STUN server of its own, and UDP is open to everybody."""
    with Site(folder, phone) as site, FarEnd() as far:
        far.socket.sendto(bytes.fromhex("00010000") + bytes(16), ("127.0.0.1", site.port))
        far.socket.sendto(bytes.fromhex("000100002112a442") + bytes(12), ("127.0.0.1", site.port))
        far.peer = ("127.0.0.1", site.port)
        Dialog(far, "2200", f"127.0.0.1:{site.port}").request("OPTIONS")
        far.socket.settimeout(60)
        assert far.socket.recv(2000).startswith(b"SIP/2.0 200")
