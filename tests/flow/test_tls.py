# SPDX-License-Identifier: GPL-2.0-or-later
"""SIP over TLS: who is let in and who is believed, and certificates that change while calls go on."""

import re
import shutil
import socket
import ssl

import pytest

from harness.certificates import Certificate, authority
from harness.gateway import Gateway
from harness.process import SANITIZED, Failure, free_port, rtp_range, wait_until
from harness.sip_phone import SipPhone
from harness.sip_stream import (SDP, Connection, Dialog, Halves, Listener, client_context, connect,
                                respond, server_context)

pytestmark = pytest.mark.usefixtures("known_leaks")

CONFIG = """\
hostname tls
voice service voip
 allow-connections sip to sip
 rtp-port range {rtp[0]} {rtp[1]}
 sip
  bind control address 127.0.0.1
  bind media address 127.0.0.1
  listen-port non-secure {sip}
  listen-port secure {secure}
voice class tls-profile 1
 certificate {folder}/own.pem
 private-key {folder}/own.key
 ca {folder}/ca.pem
{profile_lines}
voice class tls-profile 2
 certificate {folder}/trunk.pem
 private-key {folder}/trunk.key
 ca {folder}/ca.pem
 client-verify
call-record file {folder}/sipspand.csv
dial-peer voice 10 voip
 incoming called-number .
dial-peer voice 20 voip
 destination-pattern 2...
 session target ipv4:127.0.0.1:{phone}
dial-peer voice 30 voip
 destination-pattern 3...
 session target {far}
 session transport tcp tls
dial-peer voice 40 voip
 destination-pattern 4...
 session target {far}
 session transport tcp tls
 voice-class sip url sips
 voice-class sip tls-profile 2
sip-ua
 transport tcp tls
 crypto signaling default tls-profile 1
{sip_lines}
"""


class Pki:
    """root - between - leaves, and a root that nobody believes."""

    def __init__(self, folder):
        self.folder = folder
        self.root = authority(folder, "root")
        self.between = authority(folder, "between", self.root)
        self.stranger = authority(folder, "stranger")

    def leaf(self, name, alternative, issuer=None, **more):
        return Certificate(self.folder, name, issuer or self.between, alternative, **more)


@pytest.fixture(scope="module")
def pki(tmp_path_factory):
    return Pki(tmp_path_factory.mktemp("pki"))


class Site:
    def __init__(self, folder, pki, phone, far="ipv4:127.0.0.1:9", profile_lines="", sip_lines=""):
        self.folder, self.pki = folder, pki
        self.secure = free_port()
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copy(pki.root.certificate, folder / "ca.pem")
        self.show(pki.leaf("gateway", "DNS:gateway.example"))
        self.show(pki.leaf("trunk", "DNS:trunk.example"), "trunk")
        sip = free_port()
        indent = lambda lines: "\n".join(" " + line for line in lines.splitlines())  # noqa: E731
        text = CONFIG.format(rtp=rtp_range(), sip=sip, secure=self.secure, folder=folder, phone=phone.port, far=far,
                             profile_lines=indent(profile_lines), sip_lines=indent(sip_lines))
        self.gateway = Gateway(folder, 0, 0, sip_port=sip, text=text)
        phone.gateway = self.gateway.target

    def show(self, certificate, name="own"):
        """What the gateway shows from its next start or reload on."""
        shutil.copy(certificate.path, self.folder / f"{name}.pem")
        shutil.copy(certificate.key, self.folder / f"{name}.key")

    def __enter__(self):
        self.gateway.start()
        wait_until("console of the gateway", self.gateway.listens)
        wait_until("media process", self.gateway.media_pid)
        return self

    def __exit__(self, *what):
        self.gateway.__exit__(*what)

    def connect(self, identity=None, roots=None):
        return connect(("127.0.0.1", self.secure), client_context(roots or self.pki.root, identity))

    def dialog(self, connection, called="2200", **more):
        return Dialog(connection, called, f"127.0.0.1:{self.secure}", **more)

    def says(self, text, seconds=8.0):
        wait_until(f"{text!r} in the log", lambda: text in self.gateway.text(), seconds)


@pytest.fixture
def phone():
    with SipPhone() as running:
        yield running


def subject(connection):
    names = connection.raw.getpeercert()["subjectAltName"]
    return [value for _, value in names]


def test_a_call_from_tls_and_its_contact(folder, pki, phone):
    with Site(folder, pki, phone) as site, site.connect() as connection:
        assert subject(connection) == ["gateway.example"]
        for scheme in "sip", "sips":
            call = site.dialog(connection, scheme=scheme)
            contact = call.establish().get("contact")
            expected = (f"<sips:127.0.0.1:{site.secure}>" if scheme == "sips"
                        else f"<sip:127.0.0.1:{site.secure};transport=tls>")
            assert contact == expected
            call.again()
            call.end()
        text = site.gateway.command("show sip-ua connections tls detail")
        assert re.search(rf"127\.0\.0\.1:{connection.local.split(':')[1]}", text)
        assert "TLSv1.3" in text


def test_callers_without_a_good_certificate_are_refused_if_one_is_demanded(folder, pki, phone):
    lines = "client-verify\ncn-san validate bidirectional\ncn-san 1 trunk.example"
    refused = {
        "no certificate": None,
        "of an unknown root": pki.leaf("unknown", "DNS:trunk.example", pki.stranger),
        "over": pki.leaf("over", "DNS:trunk.example", days=-1),
        "wrong name": pki.leaf("wrong", "DNS:other.example"),
        "no wildcards": pki.leaf("wildcard", "DNS:*.example"),
        "a user": pki.leaf("user", "URI:sip:joe@trunk.example"),
        "not the common name beside others": pki.leaf("beside", "DNS:other.example", common="trunk.example"),
        "not DNS beside SIP": pki.leaf("both", "URI:sip:other.example,DNS:trunk.example"),
    }
    accepted = {
        "DNS": pki.leaf("dns", "DNS:trunk.example"),
        "URI": pki.leaf("uri", "URI:sip:trunk.example"),
        "one of several": pki.leaf("several", "DNS:a.example,DNS:Trunk.Example,IP:192.0.2.1"),
        "common name alone": pki.leaf("common", None, common="trunk.example"),
    }
    with Site(folder, pki, phone, profile_lines=lines) as site:
        for why, identity in refused.items():
            with pytest.raises((ssl.SSLError, ConnectionError, Failure)):  # TLS 1.3: at the first octets
                with site.connect(identity) as connection:
                    site.dialog(connection).establish()
                print("accepted:", why)
        site.says("our side says: a certificate is required")
        assert not phone.calls_of("2200", open_only=False)
        for why, identity in accepted.items():
            with site.connect(identity) as connection:
                call = site.dialog(connection)
                call.establish()
                call.end()


FAR_REFUSED = [
    ("unknown", dict(alternative="DNS:far.example", issuer="stranger")),
    ("over", dict(alternative="DNS:localhost", days=-1)),
    ("wrong", dict(alternative="DNS:far.example")),
    ("wildcard", dict(alternative="DNS:*")),
]


@pytest.mark.parametrize("name, more", FAR_REFUSED, ids=[name for name, _ in FAR_REFUSED])
def test_a_far_end_with_a_wrong_certificate_gets_nothing(folder, pki, phone, name, more):
    more = dict(more)
    issuer = pki.stranger if more.pop("issuer", None) else None
    identity = pki.leaf(f"far-{name}", more.pop("alternative"), issuer, **more)
    with Listener(server_context(identity)) as far, \
            Site(folder, pki, phone, far=f"dns:localhost:{far.port}") as site:
        call = phone.dial("3100")
        with pytest.raises((ssl.SSLError, OSError, Failure)):
            with far.accept() as connection:  # TLS 1.3: a server learns it with the first read
                assert connection.message(3.0) is None
                raise Failure("not a word")
        wait_until("the end of the call", lambda: call.status >= 400)
        site.says("for localhost failed: the certificate")


def test_a_far_end_with_a_good_certificate_is_called_by_name(folder, pki, phone):
    identity = pki.leaf("far-good", "DNS:localhost")  # below a certificate between
    with Listener(server_context(identity)) as far, \
            Site(folder, pki, phone, far=f"dns:localhost:{far.port}") as site:
        call = phone.dial("3100")
        with far.accept() as connection:
            invite = connection.expect("INVITE sip:3100@localhost")
            assert far.name == "localhost"
            assert invite.get("via").startswith(f"SIP/2.0/TLS 127.0.0.1:{site.secure}")
            assert invite.get("contact") == f"<sip:127.0.0.1:{site.secure};transport=tls>"
            respond(connection, invite, "200 OK", contact=f"sip:far@127.0.0.1:{far.port};transport=tls",
                    body=SDP.format(version=1))
            connection.expect("ACK")
            phone.wait_for_status(call, 200)
            wait_until("the call", lambda: call.state == "up")
            phone.hang_up(call)
            bye = connection.expect("BYE")
            respond(connection, bye, "200 OK")
            again = phone.dial("3100")  # and the next call takes the same connection
            respond(connection, connection.expect("INVITE"), "486 Busy Here")
            connection.expect("ACK")
            phone.wait_for_status(again, 486)


def answer(connection, far, scheme="sip"):
    invite = connection.expect("INVITE")
    respond(connection, invite, "200 OK", body=SDP.format(version=1),
            contact=f"{scheme}:far@127.0.0.1:{far.port}" + (";transport=tls" if scheme == "sip" else ""))
    connection.expect("ACK")
    return invite


def test_each_trunk_shows_its_own_certificate(folder, pki, phone):
    """And sips goes with it: Request-URI and Contact, and requests in the dialog."""
    identity = pki.leaf("far-mutual", "IP:127.0.0.1")
    with Listener(server_context(identity, pki.root, demand=True)) as far, \
            Site(folder, pki, phone, far=f"ipv4:127.0.0.1:{far.port}") as site:
        phone.dial("3100")
        with far.accept() as connection:
            assert subject(connection) == ["gateway.example"]
            respond(connection, connection.expect("INVITE"), "486 Busy Here")
            connection.expect("ACK")
            call = phone.dial("4100")  # to the same address, but not by the same connection
            with far.accept() as another:
                assert subject(another) == ["trunk.example"]
                invite = answer(another, far, "sips")
                assert invite.line.startswith(f"INVITE sips:4100@127.0.0.1:{far.port} ")
                assert invite.get("contact") == f"<sips:127.0.0.1:{site.secure}>"
                wait_until("the call", lambda: call.state == "up")
                phone.hang_up(call)
                respond(another, another.expect("BYE sips:far@"), "200 OK")


def test_callers_of_a_network_meet_the_certificate_for_it(folder, pki, phone):
    with Site(folder, pki, phone,
              sip_lines="crypto signaling remote-addr 127.0.0.2 255.255.255.254 tls-profile 2") as site:
        with site.connect() as connection:
            assert subject(connection) == ["gateway.example"]
        context = client_context(pki.root, pki.leaf("visitor", "DNS:anybody.example"))
        with connect(("127.0.0.1", site.secure), context, source=("127.0.0.3", 0)) as connection:
            assert subject(connection) == ["trunk.example"]
            site.dialog(connection).request("OPTIONS")
            connection.expect("SIP/2.0 200")


def test_a_connection_that_they_made_serves_our_calls(folder, pki, phone):
    """RFC 5923: if its certificate is for whom we call, and its Via promised the port."""
    identity = pki.leaf("alias", "DNS:localhost")
    with Listener(server_context(identity)) as far, \
            Site(folder, pki, phone, far=f"dns:localhost:{far.port}", profile_lines="client-verify") as site:
        with site.connect(identity) as theirs:
            call = site.dialog(theirs, via=f"127.0.0.1:{far.port}")
            call.via_parameters = ";alias"
            call.establish()
            call.end()
            phone.dial("3100")
            respond(theirs, theirs.expect("INVITE sip:3100@localhost"), "486 Busy Here")
            theirs.expect("ACK")
        with site.connect(pki.leaf("no-alias", "DNS:other.example")) as theirs:  # it is for somebody else
            call = site.dialog(theirs, via=f"127.0.0.1:{far.port}")
            call.via_parameters = ";alias"
            call.establish()
            call.end()
            phone.dial("3100")
            with far.accept() as ours:
                respond(ours, ours.expect("INVITE"), "486 Busy Here")
                ours.expect("ACK")


def test_certificates_change_in_mid_call(folder, pki, phone):
    with Site(folder, pki, phone) as site, site.connect() as connection:
        call = site.dialog(connection)
        call.establish()
        site.show(pki.leaf("next", "DNS:next.example"))
        site.gateway.command("reload")
        call.again()  # on the connection that it came on
        with site.connect() as another:
            assert subject(another) == ["next.example"]
            moved = site.dialog(another)
            moved.establish()
            moved.end()
            call.connection = another  # and on a new one
            call.again()
            call.end()
        with site.connect() as third:
            site.show(pki.leaf("bad", "DNS:bad.example"))
            (site.folder / "own.key").chmod(0o644)
            refused = site.gateway.command("reload", False)
            assert refused.returncode and "mode 0644" in refused.stdout and "chmod" in refused.stdout
            site.dialog(third).establish()  # all stays as it was
        with site.connect() as fourth:
            assert subject(fourth) == ["next.example"]


def test_a_garbled_handshake_ends_nobody_elses_connection(folder, pki, phone):
    """An error in OpenSSL's queue would be taken for the one of whoever reads half a record next."""
    with Site(folder, pki, phone) as site:
        raw = socket.create_connection(("127.0.0.1", site.secure))
        with Connection(Halves(raw, client_context(pki.root)), "TLS") as connection:
            call = site.dialog(connection)
            call.establish()
            connection.raw.between = lambda: site.gateway.command("show version")  # it has read the first half
            for _ in range(3):
                with connect(("127.0.0.1", site.secure)) as garbage:
                    garbage.raw.sendall(b"INVITE sip:2200@127.0.0.1 SIP/2.0\r\n\r\n")
                    garbage.wait_until_closed()
                call.again()
            call.end()


def test_slow_handshakes_are_ended(folder, pki, phone):
    with Site(folder, pki, phone, sip_lines="timers connection establish 1") as site:
        with connect(("127.0.0.1", site.secure)) as silent:
            silent.wait_until_closed()
        assert re.search(r"[1-9]\d* too slow", site.gateway.command("show sip-ua connections detail"))


def test_pings_are_answered_and_sent(folder, pki, phone):
    identity = pki.leaf("far-pinged", "IP:127.0.0.1")
    with Listener(server_context(identity)) as far, \
            Site(folder, pki, phone, far=f"ipv4:127.0.0.1:{far.port}", sip_lines="keepalive crlf 1") as site:
        for version in ssl.TLSVersion.TLSv1_3, ssl.TLSVersion.TLSv1_2:
            context = client_context(pki.root)
            context.maximum_version = version
            with connect(("127.0.0.1", site.secure), context) as connection:
                call = site.dialog(connection)
                call.establish()
                connection.raw.sendall(b"\r\n\r\n")
                heard = connection.octets()
                while heard.count(b"\r\n") % 2 == 0:  # its own pings, if this took a second
                    heard += connection.octets()
                assert not heard.strip(b"\r\n")
                call.end()  # the parser has swallowed them
        call = phone.dial("3100")
        with far.accept() as connection:
            respond(connection, connection.expect("INVITE"), "486 Busy Here")
            connection.expect("ACK")
            assert connection.octets().startswith(b"\r\n\r\n")
            assert call


def test_an_old_version_is_refused(folder, pki, phone):
    with Site(folder, pki, phone) as site:
        context = client_context(pki.root)
        context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_1
        context.set_ciphers("ALL:@SECLEVEL=0")
        with pytest.raises((ssl.SSLError, ConnectionError)):
            connect(("127.0.0.1", site.secure), context)


def test_a_connection_is_cleared_by_its_number(folder, pki, phone):
    with Site(folder, pki, phone) as site, site.connect() as connection:
        call = site.dialog(connection)
        call.establish()
        call.end()
        shown = site.gateway.command("show sip-ua connections tls brief")
        number = re.search(r"^ *(\d+)  tls  them", shown, re.MULTILINE)[1]
        assert site.gateway.command(f"clear sip-ua tcp connection id {number}", False).returncode
        site.gateway.command(f"clear sip-ua tls connection id {number}")
        connection.wait_until_closed()


def test_connections_that_have_gone_leave_no_memory_behind(folder, pki, phone):
    """The stack of the package loses what OpenSSL has of each: 20 KiB and more."""
    def connect_often(site):
        for n in range(200):
            with site.connect() as connection:
                if n % 10 == 0:
                    connection.raw.sendall(b"\r\n\r\n")
        wait_until("an end of all connections",
                   lambda: "no connection" in site.gateway.command("show sip-ua connections"))
        return site.gateway.memory_kb()

    with Site(folder, pki, phone) as site:
        connect_often(site)  # what is kept for use
        before = connect_often(site)
        connect_often(site)
        grown = connect_often(site) - before
        assert grown < 400 * 20 // 4 or SANITIZED, f"{grown} KiB"
