# SPDX-License-Identifier: GPL-2.0-or-later
"""SIP over TLS: who is let in and who is believed, and certificates that change while calls go on."""

import re
import shutil
import ssl

import pytest

from harness.certificates import Certificate, authority
from harness.gateway import Gateway
from harness.process import Failure, free_port, rtp_range, wait_until
from harness.sip_phone import SipPhone
from harness.sip_stream import (SDP, Connection, Dialog, Listener, client_context, connect, respond,
                                server_context)

CONFIG = """\
hostname tls
voice service voip
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
        sip = free_port()
        indent = lambda lines: "\n".join(" " + line for line in lines.splitlines())  # noqa: E731
        text = CONFIG.format(rtp=rtp_range(), sip=sip, secure=self.secure, folder=folder, phone=phone.port, far=far,
                             profile_lines=indent(profile_lines), sip_lines=indent(sip_lines))
        self.gateway = Gateway(folder, 0, 0, sip_port=sip, text=text)
        phone.gateway = self.gateway.target

    def show(self, certificate):
        """What the gateway shows from its next start or reload on."""
        shutil.copy(certificate.path, self.folder / "own.pem")
        shutil.copy(certificate.key, self.folder / "own.key")

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
