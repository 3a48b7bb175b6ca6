# SPDX-License-Identifier: GPL-2.0-or-later
"""SIP by hand over TCP and TLS: a connection that sends what the test writes and waits for what it
expects. One thread, everything has a deadline."""

import re
import select
import socket
import ssl
import time

from .process import PATIENCE, Failure
from .sip_phone import Message

SDP = ("v=0\r\no=test 1 {version} IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
       "m=audio 9 RTP/AVP 8 0\r\n")
SECONDS = 8.0 * PATIENCE  # for an answer


def client_context(roots, identity=None):
    """identity: a Certificate to show, or None."""
    context = ssl.create_default_context(cafile=str(roots.certificate))
    context.check_hostname = False
    if identity:
        context.load_cert_chain(identity.path, identity.key)
    return context


def server_context(identity, roots=None, demand=False):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(identity.path, identity.key)
    if roots:
        context.load_verify_locations(roots.certificate)
    if demand:
        context.verify_mode = ssl.CERT_REQUIRED
    return context


class Connection:
    """transport: "TLS" or "TCP"."""

    def __init__(self, raw, transport):
        self.raw, self.transport, self.text = raw, transport, b""
        raw.settimeout(SECONDS)

    @property
    def local(self):
        host, port = self.raw.getsockname()[:2]
        return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"

    def close(self):
        self.raw.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def send(self, lines, body=""):
        text = "\r\n".join([*lines, *(["Content-Type: application/sdp"] if body else []),
                            f"Content-Length: {len(body)}"]) + "\r\n\r\n" + body
        self.raw.sendall(text.encode())

    def _read(self, deadline):
        left = deadline - time.monotonic()
        pending = getattr(self.raw, "pending", lambda: 0)()
        if left <= 0 or not (pending or select.select([self.raw], [], [], left)[0]):
            return False
        try:
            more = self.raw.recv(65536)
        except ssl.SSLWantReadError:
            return True
        if not more:
            raise Failure("the connection was closed")
        self.text += more
        return True

    def message(self, seconds=SECONDS):
        """The next one; None if none comes. Empty lines between messages are passed over."""
        deadline = time.monotonic() + seconds
        while True:
            self.text = self.text.lstrip(b"\r\n")
            head, separator, rest = self.text.partition(b"\r\n\r\n")
            length = re.search(rb"\r\nContent-Length: *(\d+)", head, re.I)
            if separator and length and len(rest) >= int(length[1]):
                self.text = rest[int(length[1]):]
                return Message((head + separator + rest[:int(length[1])]).decode())
            if not self._read(deadline):
                return None

    def expect(self, start, seconds=SECONDS):
        """The next message but 100 must begin so."""
        while True:
            message = self.message(seconds)
            if message is None:
                raise Failure(f"{start} did not come")
            if message.status != 100 or start.startswith("SIP/2.0 100"):
                break
        if not message.line.startswith(start):
            raise Failure(f"{start} was expected, there came {message.line}")
        return message

    def wait_until_closed(self):
        deadline = time.monotonic() + SECONDS
        try:
            while self._read(deadline):
                pass
        except (Failure, ssl.SSLError, ConnectionError):
            return
        raise Failure("the connection is still open")

    def octets(self, seconds=SECONDS):
        """The next that come, whatever they are."""
        if not self.text:
            self._read(time.monotonic() + seconds)
        text, self.text = self.text, b""
        return text


def connect(address, context=None, name=None, source=None):
    raw = socket.create_connection(address, SECONDS, source_address=source)
    if context:
        raw = context.wrap_socket(raw, server_hostname=name)
    return Connection(raw, "TLS" if context else "TCP")


class Halves:
    """TLS whose records can be sent in two pieces, with something done in between."""

    def __init__(self, raw, context):
        self.socket, self.between = raw, None
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = context.wrap_bio(self.incoming, self.outgoing)
        self._until_done(self.tls.do_handshake)
        self.fileno, self.settimeout, self.close = raw.fileno, raw.settimeout, raw.close
        self.getsockname = raw.getsockname

    def pending(self):
        """Of a record that has been read, and of those behind it."""
        return self.tls.pending() or self.incoming.pending

    def _flush(self):
        octets = self.outgoing.read()
        if self.between and octets:
            self.socket.sendall(octets[:len(octets) // 2])
            self.between()
            octets = octets[len(octets) // 2:]
        if octets:
            self.socket.sendall(octets)

    def _until_done(self, function, *arguments):
        while True:
            try:
                result = function(*arguments)
                self._flush()
                return result
            except ssl.SSLWantReadError:
                self._flush()
                octets = self.socket.recv(65536)
                if not octets:
                    return b""
                self.incoming.write(octets)

    def sendall(self, octets):
        self._until_done(self.tls.write, octets)

    def recv(self, size):
        return self._until_done(self.tls.read, size)


class Listener:
    def __init__(self, context=None, address="127.0.0.1", port=0):
        self.context = context
        self.socket = socket.create_server((address, port), family=socket.AF_INET6 if ":" in address
                                           else socket.AF_INET)
        self.socket.settimeout(SECONDS)
        self.port = self.socket.getsockname()[1]
        self.name = None  # that the last caller asked for (SNI)
        if context:
            context.sni_callback = lambda raw, name, _: setattr(self, "name", name)

    def accept(self):
        raw = self.socket.accept()[0]
        raw.settimeout(SECONDS)
        if self.context:
            raw = self.context.wrap_socket(raw, server_side=True)
        return Connection(raw, "TLS" if self.context else "TCP")

    def close(self):
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class Dialog:
    """A call of ours over a connection."""

    number = 0

    def __init__(self, connection, called, host, scheme="sip", contact=None, via=None):
        Dialog.number += 1
        self.connection, self.cseq, self.version = connection, 0, 0
        self.call_id = f"d{Dialog.number}-{time.monotonic_ns()}"
        self.target = f"{scheme}:{called}@{host}"
        self.to, self.tag = f"<{self.target}>", f"t{Dialog.number}"
        self.via = via or connection.local
        self.contact = contact or f"{scheme}:test@{connection.local}" + (
            "" if scheme == "sips" else f";transport={connection.transport.lower()}")
        self.branch = ""

    def sdp(self):
        self.version += 1
        return SDP.format(version=self.version)

    def request(self, method, body="", extra=()):
        if method != "ACK":
            self.cseq += 1
        self.branch = f"z9hG4bK{self.call_id}-{self.cseq}-{method}"
        self.connection.send([f"{method} {self.target} SIP/2.0",
                              f"Via: SIP/2.0/{self.connection.transport} {self.via};branch={self.branch}{self.via_parameters}",
                              "Max-Forwards: 70", f"From: <sip:4085550100@test.example>;tag={self.tag}",
                              f"To: {self.to}", f"Call-ID: {self.call_id}", f"CSeq: {self.cseq} {method}",
                              f"Contact: <{self.contact}>", *extra], body)

    via_parameters = ""

    def establish(self):
        """INVITE, 200, ACK; returns the 200."""
        self.request("INVITE", self.sdp())
        while True:
            answer = self.connection.expect("SIP/2.0")
            if answer.status >= 200:
                break
        if answer.status != 200:
            raise Failure(answer.line)
        self.to = answer.get("to")
        self.target = re.search(r"<([^>]+)>", answer.get("contact"))[1]
        self.request("ACK")
        return answer

    def again(self):
        """re-INVITE; returns its 200."""
        self.request("INVITE", self.sdp())
        answer = self.connection.expect("SIP/2.0 200")
        self.request("ACK")
        return answer

    def end(self):
        self.request("BYE")
        return self.connection.expect("SIP/2.0 200")


def respond(connection, request, status, tag="u1", contact=None, body=""):
    to = request.get("to")
    if "tag=" not in to and tag:
        to += f";tag={tag}"
    connection.send([f"SIP/2.0 {status}", *(f"Via: {via}" for via in request.all("via")),
                     f"From: {request.get('from')}", f"To: {to}", f"Call-ID: {request.get('call-id')}",
                     f"CSeq: {request.get('cseq')}", *([f"Contact: <{contact}>"] if contact else [])], body)
