# SPDX-License-Identifier: GPL-2.0-or-later
"""Broken SIP against the whole gateway, as server and as client: messages of RFC 4475 and 5118 and those
of ordinary calls, with pieces lost, doubled, changed and moved. The gateway must live, a call that is up
meanwhile must stay up, and an honest call must still get through. SIPSPAN_SECONDS makes it last longer,
SIPSPAN_SEED makes it another one."""

import os
import random
import socket
import time

from harness.gateway import Gateway
from harness.process import TOP, free_port, rtp_range, wait_until
from harness.sip_phone import SipPhone

SECONDS = float(os.environ.get("SIPSPAN_SECONDS", "4"))
SEED = int(os.environ.get("SIPSPAN_SEED", "1"))
BURST = 50  # messages between two looks at the gateway

CONFIG = """\
hostname hostile
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
sip-ua
 timers expires 10000
dial-peer voice 11 voip
 incoming called-number .
dial-peer voice 20 voip
 destination-pattern 2...
 session target ipv4:127.0.0.1:{phone}
dial-peer voice 30 voip
 destination-pattern 3...
 session target ipv4:127.0.0.1:{enemy}
"""
SDP = ("v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
       "m=audio 40000 RTP/AVP 8 0 101\r\na=rtpmap:101 telephone-event/8000\r\na=sendrecv\r\n")
HEADERS = [
    "Contact: <tel:+123>", "Contact: *", "Contact: <sip:a@127.0.0.1:99999>", "Contact: <mailto:a@b>", "Contact: <sip:>",
    "Record-Route: <tel:1>", "Record-Route: <sip:127.0.0.1:1;lr>", "Route: <sip:%00@>", "Require: 100rel",
    "Require: timer, x", "Supported: 100rel, timer, replaces", "Session-Expires: 0", "Session-Expires: 1;refresher=uac",
    "Min-SE: 99999999999", "RSeq: 0", "RSeq: 4294967296", "RAck: 1 1 INVITE", "Replaces: a;to-tag=b;from-tag=c",
    "Refer-To: <sip:2001@127.0.0.1?Replaces=x>", "Refer-To: ???", "Refer-Sub: false", "Event: dialog", "Event: kpml",
    "Subscription-State: active;expires=-1", "Expires: 0", "Content-Length: 99999", "Content-Length: -1",
    "Content-Type: multipart/mixed;boundary=x", "Content-Type: application/sdp;x", "Content-Encoding: gzip",
    "Diversion: <sip:1@a>;reason=x;counter=99999", "History-Info: <sip:a?Reason=x>;index=1.1.1.1.1.1.1", "Privacy: id;none",
    "P-Asserted-Identity: <tel:+1>, <sip:2@a>", "Remote-Party-ID: <sip:1@a>;party=calling;privacy=full",
    "User-to-User: 04zz;encoding=hex", "Session-ID: x;remote=y", "Reason: Q.850;cause=999", "Reason: SIP;cause=200",
    "Identity: a.b.c;info=<x>", "Authorization: Digest x", "WWW-Authenticate: Digest realm=\"a\",nonce=\"b\"",
    "Proxy-Authenticate: Digest realm=\"a\",nonce=\"b\",algorithm=SHA-256,qop=\"auth-int\"", "Max-Forwards: 0",
    "Max-Forwards: 99999", "Date: x", "Timestamp: 1.1.1", "Cisco-Guid: 1-2-3-4-5", "Retry-After: 99999999999",
    "Warning: 370 a \"x\"", "To: <sip:x>;tag=" + "t" * 3000, "Via: SIP/2.0/TLS x:1;branch=1", "CSeq: 4294967295 INVITE",
    "X: " + "y" * 8000, "Call-ID:", "From: \"\\", "Accept: */*;q=x", "Info-Package: x", "Min-Expires: 1",
]
FOUND = [  # what has broken it before
    "INVITE sip:2486@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:9;branch=z9hG4bKf1\r\nFrom: <sip:1@127.0.0.1>;tag=a\r\n"
    "To: <sip:2486@127.0.0.1>\r\nCall-ID:\r\nCSeq: 1 INVITE\r\nContact: <sip:1@127.0.0.1:9>\r\nContent-Length: 0\r\n\r\n",
    "OPTIONS sip:127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:9;branch=z9hG4bKf2\r\nFrom: <sip:1@127.0.0.1>;tag=a\r\n"
    "To: <sip:127.0.0.1>\r\nCall-ID:\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n",
]
METHODS = ["INVITE", "ACK", "BYE", "CANCEL", "OPTIONS", "UPDATE", "PRACK", "INFO", "REFER", "NOTIFY", "SUBSCRIBE", "MESSAGE",
           "REGISTER", "PUBLISH", "X"]
STATUSES = [100, 180, 181, 182, 183, 199, 200, 202, 300, 302, 380, 400, 401, 407, 408, 420, 421, 422, 423, 480, 481, 484,
            486, 487, 488, 489, 491, 500, 503, 504, 580, 600, 603, 699, 700, 99]


class Mangler:
    def __init__(self, seed):
        self.random = random.Random(seed)
        self.torture = [path.read_bytes() for path in sorted(TOP.glob("tests/torture/*/*.dat"))]
        self.serial = 0

    def request(self, call_ids):
        r = self.random
        self.serial += 1
        number, method = r.choice(["2486", "3001", "3002", "9999", ""]), r.choice(METHODS[:1] * 6 + METHODS)
        call_id = r.choice(call_ids) if call_ids and r.random() < 0.5 else f"h{self.serial}"
        call_ids.append(call_id)
        del call_ids[:-40]
        lines = [f"{method} sip:{number}@127.0.0.1 SIP/2.0", f"Via: SIP/2.0/UDP 127.0.0.1:9;branch=z9hG4bKh{self.serial};rport",
                 "From: <sip:100@127.0.0.1>;tag=a", f"To: <sip:{number}@127.0.0.1>{r.choice(['', '', ';tag=b'])}",
                 f"Call-ID: {call_id}", f"CSeq: {self.serial} {method}", "Contact: <sip:100@127.0.0.1:9>"]
        return self.with_extras(lines, SDP if r.random() < 0.7 else "")

    def with_extras(self, lines, body):
        r = self.random
        lines = lines + r.sample(HEADERS, r.choice([0, 0, 1, 2, 5]))
        if body:
            body = self.mangle(body.encode()).decode("latin-1") if r.random() < 0.3 else body
            lines += ["Content-Type: application/sdp"]
        lines += [f"Content-Length: {len(body)}", "", body]
        return "\r\n".join(lines).encode("latin-1")

    def answer(self, request):
        """What a hostile far end says to a request."""
        r = self.random
        status = r.choice(STATUSES)
        keep = [line for line in request.split("\r\n\r\n")[0].split("\r\n")[1:]
                if line.split(":")[0].lower() in ("via", "from", "to", "call-id", "cseq")]
        keep = [line + f";tag={r.choice('abc')}" if line.lower().startswith("to:") and ";tag" not in line else line
                for line in keep]
        extra = r.choice([[], ["Contact: <sip:b@127.0.0.1:9>"], ["Require: 100rel", f"RSeq: {r.randrange(1, 5)}"]])
        text = self.with_extras([f"SIP/2.0 {status} X", *keep, *extra], SDP if r.random() < 0.5 else "")
        return self.mangle(text) if r.random() < 0.3 else text

    def mangle(self, data):
        r = self.random
        data = bytearray(data)
        for _ in range(r.choice([1, 1, 2, 4, 8])):
            if not data:
                break
            at, length = r.randrange(len(data)), r.choice([1, 1, 2, 8, 40])
            kind = r.randrange(6)
            if kind == 0:
                data[at] = r.randrange(256)
            elif kind == 1:
                del data[at:at + length]
            elif kind == 2:
                data[at:at] = data[at:at + length]
            elif kind == 3:
                data[at:at] = r.choice([b"\r\n", b"\0", b"\xff" * length, b"%00", b"\"", b";", b"<", b",", b"\r\n\r\n", b" " * length])
            elif kind == 4:
                lines = bytes(data).split(b"\r\n")
                r.shuffle(lines)
                data = bytearray(b"\r\n".join(lines))
            else:
                data[at:at + length] = str(r.choice([0, -1, 1 << 31, 1 << 32, 1 << 64])).encode()
        return bytes(data)

    def message(self, call_ids):
        r = self.random
        if r.random() < 0.3:
            text = r.choice(self.torture)
        else:
            text = self.request(call_ids)
        return self.mangle(text) if r.random() < 0.5 else text


class Enemy:
    """The far end of dial-peer 30: answers whatever comes with whatever it likes."""

    def __init__(self, mangler):
        self.mangler = mangler
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.socket.setblocking(False)
        self.port = self.socket.getsockname()[1]
        self.answered = 0

    def serve(self):
        while True:
            try:
                data, source = self.socket.recvfrom(65536)
            except BlockingIOError:
                return
            text = data.decode("latin-1")
            if text.startswith("SIP/2.0"):
                continue
            for _ in range(self.mangler.random.choice([1, 1, 1, 2, 3])):
                answer = self.mangler.answer(text)
                if len(answer) < 60000:
                    self.socket.sendto(answer, source)
                    self.answered += 1


def test_broken_messages_harm_nobody(folder):
    mangler = Mangler(SEED)
    near, far, sip = free_port(), free_port(), free_port()
    enemy = Enemy(mangler)
    sent, call_ids = 0, []
    with SipPhone() as phone:
        text = CONFIG.format(near=near, far=far, sip=sip, rtp=rtp_range(), phone=phone.port, enemy=enemy.port)
        with Gateway(folder, near, far, sip_port=sip, text=text) as gateway:
            wait_until("console", gateway.listens)
            wait_until("media process", gateway.media_pid)
            phone.gateway = gateway.target
            stays = phone.dial("2200")
            phone.wait_for_status(stays, 200)
            for message in FOUND:
                enemy.socket.sendto(message.encode(), gateway.target)
                wait_for_options(gateway.target, enemy)
            deadline = time.monotonic() + SECONDS
            while time.monotonic() < deadline:
                sent += burst(mangler, gateway.target, call_ids, enemy)
                assert gateway.running(), f"SIPSPAN_SEED={SEED}, after {sent} messages"
                wait_for_options(gateway.target, enemy)
            # calls that nobody takes hold their ports until `timers expires`
            wait_until("honest call", lambda: honest_call(phone), 60)
            assert stays.state == "up"
    assert enemy.answered > 0
    print(f"{sent} messages, {enemy.answered} answers")


def burst(mangler, target, call_ids, enemy):
    messages = [mangler.message(call_ids) for _ in range(BURST)]
    messages = [m for m in messages if len(m) < 60000]
    if mangler.random.random() < 0.7:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            for message in messages:
                s.sendto(message, target)
                enemy.serve()
    else:
        with socket.create_connection(target) as s:
            try:
                for message in messages:
                    s.sendall(message)
                    enemy.serve()
            except OSError:
                pass  # it may hang up on us
    return len(messages)


def wait_for_options(target, enemy):
    """An honest question behind the broken ones: it is answered when they have been dealt with."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.bind(("127.0.0.1", 0))
        s.settimeout(0.05)
        port = s.getsockname()[1]
        text = "\r\n".join([f"OPTIONS sip:{target[0]}:{target[1]} SIP/2.0", f"Via: SIP/2.0/UDP 127.0.0.1:{port};branch=z9hG4bKo{port}",
                            "From: <sip:o@127.0.0.1>;tag=o", "To: <sip:127.0.0.1>", f"Call-ID: o{port}-{time.monotonic_ns()}",
                            "CSeq: 1 OPTIONS", "Max-Forwards: 70", "Content-Length: 0", "", ""]).encode()

        def answered():
            s.sendto(text, target)
            enemy.serve()
            try:
                return s.recv(65536).startswith(b"SIP/2.0 200")
            except TimeoutError:
                return False

        wait_until("answer to OPTIONS", answered, 30)


def honest_call(phone):
    call = phone.dial("2200")
    try:
        phone.wait_for_status(call, 200, 5)
    except Exception:  # 503 while it recovers
        return False
    phone.hang_up(call)
    return True
