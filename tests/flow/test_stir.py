# SPDX-License-Identifier: GPL-2.0-or-later
"""STIR/SHAKEN: calls that go out are signed, calls that come in are checked, with certificates of a web
server of our own. The gateway signs what one telephone sends; the same header then comes back to it."""

import base64
import http.server
import json
import re
import socket
import ssl
import subprocess
import threading
import time

import pytest

from harness.gateway import Gateway
from harness.process import free_port, rtp_range, wait_until

CONFIG = """\
hostname stir
controller e1 1
 driver cesopsn listen 127.0.0.1:{near} peer 127.0.0.1:{far}
 pri-group timeslots 1-31
voice service voip
 allow-connections sip to sip
 rtp-port range {rtp[0]} {rtp[1]}
 sip
  bind control address 127.0.0.1
  bind media address 127.0.0.1
  listen-port non-secure {sip}
voice class stir-shaken 1
 private-key shaken.key
 certificate-url {url}/shaken.pem
 attestation full
voice class stir-shaken 2
 trusted-authorities authority.pem
 web-authorities web.pem
 permit https://127.0.0.1:
 fetch-time 5000
 missing anonymous
 failed reject
 calling-name passed [V]
dial-peer voice 1 voip
 answer-address +49301
dial-peer voice 2 voip
 answer-address +49302
 voice-class sip stir-shaken 2
dial-peer voice 3 voip
 answer-address 301
dial-peer voice 10 voip
 destination-pattern +4989
 session target ipv4:127.0.0.1:{callee}
 voice-class sip stir-shaken 1
"""
TN_AUTH_LIST = "1.3.6.1.5.5.7.1.26=DER:3008a006160437303941"  # service provider code 709A
CALLED = "+498912345"


def openssl(folder, *arguments):
    subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True)


def make_authority(folder, name):
    openssl(folder, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
            "-subj", f"/CN={name}", "-keyout", f"{name}.key", "-out", f"{name}.pem")


def make_certificate(folder, name, authority, *extensions):
    extra = [word for e in extensions for word in ("-addext", e)]
    openssl(folder, "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", f"/CN={name}",
            "-keyout", f"{name}.key", "-out", f"{name}.csr", *extra)
    openssl(folder, "x509", "-req", "-in", f"{name}.csr", "-CA", f"{authority}.pem", "-CAkey", f"{authority}.key",
            "-CAcreateserial", "-days", "1", "-copy_extensions", "copyall", "-out", f"{name}.pem")


class WebServer:
    """HTTPS, with the files of a folder; counts what it is asked for."""

    def __init__(self, folder):
        self.asked = []
        self.closing = threading.Event()
        outer = self

        class Handler(http.server.SimpleHTTPRequestHandler):
            def __init__(self, *arguments):
                super().__init__(*arguments, directory=folder)

            def do_GET(self):
                outer.asked.append(self.path)
                if self.path.startswith("/slow.pem"):
                    outer.closing.wait(60)
                super().do_GET()

            def log_message(self, *_):
                pass

        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(folder / "server.pem", folder / "server.key")
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.url = f"https://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.closing.set()
        self.server.shutdown()
        self.server.server_close()


class Site:
    def __init__(self, folder):
        make_authority(folder, "authority")
        make_authority(folder, "web")
        make_authority(folder, "stranger")
        make_certificate(folder, "server", "web", "subjectAltName=IP:127.0.0.1")
        make_certificate(folder, "shaken", "authority", TN_AUTH_LIST)
        make_certificate(folder, "plain", "authority")
        make_certificate(folder, "unknown", "stranger", TN_AUTH_LIST)
        self.folder, self.web = folder, WebServer(folder)
        self.callee = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.callee.bind(("127.0.0.1", free_port()))  # by TCP nobody is there
        self.callee.settimeout(60)
        near, far, sip = free_port(), free_port(), free_port()
        text = CONFIG.format(near=near, far=far, sip=sip, rtp=rtp_range(), url=self.web.url,
                             callee=self.callee.getsockname()[1])
        self.gateway = Gateway(folder, near, far, sip_port=sip, text=text)
        self.calls = 0
        self.refused = set()

    def call(self, calling, identities=(), called=CALLED):
        """Sends an INVITE; returns its socket."""
        s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        s.bind(("127.0.0.1", 0))
        s.settimeout(60)
        port = s.getsockname()[1]
        self.calls += 1
        body = ("v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
                "m=audio 40000 RTP/AVP 8\r\n")
        lines = [f"INVITE sip:{called}@127.0.0.1 SIP/2.0",
                 f"Via: SIP/2.0/UDP 127.0.0.1:{port};branch=z9hG4bK{self.calls}x{port}",
                 f"From: \"Ada\" <sip:{calling}@127.0.0.1>;tag=t{self.calls}", f"To: <sip:{called}@127.0.0.1>",
                 f"Call-ID: {self.calls}-{port}", "CSeq: 1 INVITE", f"Contact: <sip:a@127.0.0.1:{port}>",
                 "Max-Forwards: 70", *(f"Identity: {i}" for i in identities),
                 "Content-Type: application/sdp", f"Content-Length: {len(body)}", "", body]
        s.sendto("\r\n".join(lines).encode(), self.gateway.target)
        return s

    def invite_at_callee(self):
        """The next new INVITE that the callee gets; it is refused with 486."""
        while True:
            data, source = self.callee.recvfrom(65536)
            text = data.decode()
            call = header(text, "Call-ID")
            if text.startswith("INVITE") and call not in self.refused:
                self.refused.add(call)  # it may come again before that is there
                keep = [line for line in text.split("\r\n\r\n")[0].split("\r\n")
                        if re.match(r"(Via|From|To|Call-ID|CSeq):", line)]
                keep = [line + ";tag=b" if line.startswith("To:") else line for line in keep]
                self.callee.sendto("\r\n".join(["SIP/2.0 486 Busy Here", *keep, "Content-Length: 0", "", ""]).encode(),
                                   source)
                return text

    def signed(self):
        """An Identity header that the gateway made for a call."""
        with self.call("+49301000"):
            return header(self.invite_at_callee(), "Identity")


def header(text, name):
    found = re.search(rf"^{name}: *(.*?)\r$", text, re.M | re.I)
    return found[1] if found else None


def final_status(s):
    while True:
        status = int(s.recv(65536).decode().split()[1])
        if status >= 200:
            return status


def sign(folder, key, url, calling="49302000", issued=None, attest="A"):
    """A token made by the openssl command, as another's would be."""
    def part(value):
        return base64.urlsafe_b64encode(json.dumps(value, separators=(",", ":"), sort_keys=True).encode()).rstrip(b"=")

    text = part({"alg": "ES256", "ppt": "shaken", "typ": "passport", "x5u": url}) + b"." + part(
        {"attest": attest, "dest": {"tn": [CALLED[1:]]}, "iat": issued or int(time.time()), "orig": {"tn": calling},
         "origid": "123e4567-e89b-12d3-a456-426655440000"})
    der = subprocess.run(["openssl", "dgst", "-sha256", "-sign", key], cwd=folder, input=text, check=True,
                         capture_output=True).stdout
    numbers, at = [], 2
    for _ in range(2):
        length = der[at + 1]
        numbers.append(int.from_bytes(der[at + 2:at + 2 + length], "big").to_bytes(32, "big"))
        at += 2 + length
    token = (text + b"." + base64.urlsafe_b64encode(b"".join(numbers)).rstrip(b"=")).decode()
    return f"{token};info=<{url}>;alg=ES256;ppt=\"shaken\""


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    site = Site(tmp_path_factory.mktemp("stir"))
    with site.gateway as gateway:
        wait_until("console", gateway.listens)
        yield site
    site.web.close()


def test_a_call_is_signed_so_that_openssl_agrees(site):
    with site.call("+49301000"):
        text = site.invite_at_callee()
    identity = header(text, "Identity")
    token, _, parameters = identity.partition(";")
    assert parameters == f'info=<{site.web.url}/shaken.pem>;alg=ES256;ppt="shaken"'
    head, claims, signature = token.split(".")
    def decode(t):
        return base64.urlsafe_b64decode(t + "=" * (-len(t) % 4))
    assert decode(head).decode() == ('{"alg":"ES256","ppt":"shaken","typ":"passport","x5u":"%s/shaken.pem"}'
                                     % site.web.url)
    claims = json.loads(decode(claims))
    assert claims["orig"] == {"tn": "49301000"} and claims["dest"] == {"tn": [CALLED[1:]]}
    assert claims["attest"] == "A" and abs(claims["iat"] - time.time()) < 60
    assert re.fullmatch(r"[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-a[0-9a-f]{3}-[0-9a-f]{12}", claims["origid"])
    assert header(text, "Date")
    raw = decode(signature)
    numbers = b"".join(b"\x02" + bytes([len(n)]) + n for n in (
        (b"\0" if part[0] & 0x80 else b"") + part for part in
        (raw[:32].lstrip(b"\0") or b"\0", raw[32:].lstrip(b"\0") or b"\0")))
    (site.folder / "signature").write_bytes(b"\x30" + bytes([len(numbers)]) + numbers)
    openssl(site.folder, "x509", "-in", "shaken.pem", "-pubkey", "-noout", "-out", "public.pem")
    check = subprocess.run(["openssl", "dgst", "-sha256", "-verify", "public.pem", "-signature", "signature"],
                           cwd=site.folder, input=token.rpartition(".")[0].encode(), capture_output=True)
    assert check.returncode == 0, check


def test_a_number_that_is_not_e164_is_not_signed(site):
    with site.call("301000"):
        assert not header(site.invite_at_callee(), "Identity")


def test_a_signed_call_passes_and_its_name_says_so(site):
    identity = sign(site.folder, "shaken.key", f"{site.web.url}/shaken.pem")
    with site.call("+49302000", [identity]) as s:
        assert header(site.invite_at_callee(), "From").startswith('"[V] Ada" <sip:+49302000@')
        assert final_status(s) == 486


def test_what_the_gateway_signs_it_believes_only_of_that_caller(site):
    with site.call("+49302000", [site.signed()]) as s:  # of +49301000
        assert final_status(s) == 438


def test_the_certificate_is_fetched_once(site):
    before = site.web.asked.count("/shaken.pem")
    for _ in range(2):
        identity = sign(site.folder, "shaken.key", f"{site.web.url}/shaken.pem")
        with site.call("+49302000", [identity]):
            site.invite_at_callee()
    assert site.web.asked.count("/shaken.pem") <= max(before, 1)


def test_nobody_signed_and_the_call_is_anonymous(site):
    with site.call("+49302000"):
        text = site.invite_at_callee()
    assert "anonymous" in header(text, "From").lower()
    assert "49302000" not in header(text, "From") and "Ada" not in text
    assert header(text, "Privacy") == "id"


@pytest.mark.parametrize("key,file,options,status", [
    ("unknown.key", "unknown.pem", {}, 437),        # of an authority that nobody trusts
    ("plain.key", "plain.pem", {}, 437),            # not for telephone numbers
    ("unknown.key", "shaken.pem", {}, 438),         # signed with another key
    ("shaken.key", "shaken.pem", {"calling": "49302001"}, 438),
    ("shaken.key", "shaken.pem", {"issued": 1000000000}, 403),
    ("shaken.key", "shaken.pem", {"issued": 4000000000}, 403),
    ("shaken.key", "shaken.pem", {"attest": "D"}, 438),
    ("shaken.key", "missing.pem", {}, 436),
    ("shaken.key", "slow.pem", {}, 436),
    ("shaken.key", "authority.key", {}, 437),       # no certificate
])
def test_what_is_no_good_is_refused(site, key, file, options, status):
    with site.call("+49302000", [sign(site.folder, key, f"{site.web.url}/{file}", **options)]) as s:
        assert final_status(s) == status


@pytest.mark.parametrize("url", ["http://127.0.0.1:80/a.pem", "https://127.0.0.2/a.pem", "https://[::1]/a.pem",
                                 "file:///etc/passwd", "https://user:pw@192.0.2.1/a.pem", "https://10.0.0.1/a.pem"])
def test_certificates_are_not_looked_for_everywhere(site, url):
    with site.call("+49302000", [sign(site.folder, "shaken.key", url)]) as s:
        assert final_status(s) == 436


@pytest.mark.parametrize("identity", ["", ".", "a.b.c", "." * 3000, "x" * 9000, "eyJhbGciOiJub25lIn0.e30.", ";info=<>"],
                         ids=["none", "dot", "three", "dots", "long", "unsigned", "empty"])
def test_garbage_is_refused(site, identity):
    with site.call("+49302000", [identity or "-"]) as s:
        assert final_status(s) == 438


def test_a_caller_may_cancel_while_he_waits(site):
    identity = sign(site.folder, "shaken.key", f"{site.web.url}/slow.pem?again")
    with site.call("+49302000", [identity]) as s:
        assert s.recv(65536).decode().startswith("SIP/2.0 100")
        port = s.getsockname()[1]
        s.sendto("\r\n".join([f"CANCEL sip:{CALLED}@127.0.0.1 SIP/2.0",
                              f"Via: SIP/2.0/UDP 127.0.0.1:{port};branch=z9hG4bK{site.calls}x{port}",
                              f"From: <sip:+49302000@127.0.0.1>;tag=t{site.calls}", f"To: <sip:{CALLED}@127.0.0.1>",
                              f"Call-ID: {site.calls}-{port}", "CSeq: 1 CANCEL", "Max-Forwards: 70",
                              "Content-Length: 0", "", ""]).encode(), site.gateway.target)
        statuses = {final_status(s), final_status(s)}
        assert statuses == {200, 487}
    assert site.gateway.running()
