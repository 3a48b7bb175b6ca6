# SPDX-License-Identifier: GPL-2.0-or-later
"""Broken SIP against the whole gateway, as server and as client: messages of RFC 4475 and 5118 and those
of ordinary calls, with pieces lost, doubled, changed and moved. The gateway must live, a call that is up
meanwhile must stay up, and an honest call must still get through. SIPSPAN_SECONDS makes it last longer,
SIPSPAN_SEED makes it another one."""

import os
import random
import re
import socket
import time

import pytest

from harness.gateway import Gateway
from harness.process import TOP, free_port, rtp_range, wait_until
from harness.sip_phone import SipPhone

SECONDS = float(os.environ.get("SIPSPAN_SECONDS", "4"))
SEED = int(os.environ.get("SIPSPAN_SEED", "1"))
BURST = 50  # messages between two looks at the gateway
RATE = 1000  # messages a second at most: each is a transaction of 32 s (64*T1) that repeats what is not answered
PARTS = 4  # that share the time
MEDIA, STREAMS, CALLS = "127.0.0.4", 200, 40  # more calls than that are ended
NEAR, FAR = "127.0.0.2", "127.0.0.3"  # telephones of the pools; a carrier, registrar and call manager. Honest people: .1

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
  bind media address {MEDIA}
  listen-port non-secure {sip}
  registrar server expires max 60 min 5
  options-keepalive up-interval 5 down-interval 5 retry 1
  no source-limit trusted
  no source-limit phones
voice register pool 1
 id network {NEAR} mask 255.255.255.255
 number 1 24..
 number 2 4...
 call-forward b2bua busy 3001
 call-forward b2bua noan 4002 timeout 3
 pickup-group 1
 check-sync
sip-ua
 timers expires 10000
 presence enable
 registrar ipv4:{FAR}:{enemy} expires 60
 credentials number 3009 username trunk password secret
 authentication username trunk password secret
presence
 watcher all
dial-peer voice 11 voip
 incoming called-number .
dial-peer voice 20 voip
 destination-pattern 2...
 session target ipv4:127.0.0.1:{phone}
dial-peer voice 30 voip
 destination-pattern 3...
 session target ipv4:{FAR}:{enemy}
 voice-class sip options-keepalive
voice hunt-group 1 parallel
 pilot 4100
 list 4001, 4002, 4003
 timeout 3
"""
FALLBACK = """\
voice register global
 mode standby
 call-pickup **3
call-manager-fallback
 call-manager 1 ipv4:{FAR}:{enemy}
 keepalive 200ms misses 3
 hold-down 300ms
 dialplan-pattern 1 40833540.. extension-length 4 extension-pattern 40..
 default-destination 4100
"""
MODES = {"registrar": "", "fallback": FALLBACK, "proxy": FALLBACK + " outbound-proxy\n"}
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
    "Path: ???", "Path: <sip:127.0.0.1:9;lr;ob>", "Path: " + ", ".join(["<sip:127.0.0.1:9;lr>"] * 60), "Supported: path, outbound",
    "Contact: <sip:a@127.0.0.1:9>;expires=60;q=0.5;reg-id=1;+sip.instance=\"<urn:uuid:0>\"", "Contact: <sip:a@b>;q=9;reg-id=-1",
    "Contact: <sip:a@127.0.0.1>;+sip.instance=\"", "Contact: <sip:a@127.0.0.1>;expires=99999999999999999999", "Expires: 60",
    "User-Agent: " + "f" * 2000, "Require: outbound",
    "Warning: 370 a \"x\"", "To: <sip:x>;tag=" + "t" * 3000, "Via: SIP/2.0/TLS x:1;branch=1", "CSeq: 4294967295 INVITE",
    "X: " + "y" * 8000, "Call-ID:", "From: \"\\", "Accept: */*;q=x", "Info-Package: x", "Min-Expires: 1",
]
FOUND = [  # what has broken it before
    "INVITE sip:2486@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:9;branch=z9hG4bKf1\r\nFrom: <sip:1@127.0.0.1>;tag=a\r\n"
    "To: <sip:2486@127.0.0.1>\r\nCall-ID:\r\nCSeq: 1 INVITE\r\nContact: <sip:1@127.0.0.1:9>\r\nContent-Length: 0\r\n\r\n",
    "OPTIONS sip:127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:9;branch=z9hG4bKf2\r\nFrom: <sip:1@127.0.0.1>;tag=a\r\n"
    "To: <sip:127.0.0.1>\r\nCall-ID:\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n",
]
FOUND_TCP = [
    "".join(f"OPTIONS sip:127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/TCP 127.0.0.1:9;branch=z9hG4bKf{i}\r\nFrom: <sip:1@127.0.0.1>;tag=a\r\n"
            f"To: <sip:127.0.0.1>\r\nCall-ID: f{i}\r\nCSeq: 1 OPTIONS\r\nContent-Length: {length}\r\n\r\n"
            for i, length in ((3, 0), (4, 2147483647))) + "v=0",
]
REGISTERED = [  # what stands in answers to REGISTER
    "Service-Route: <sip:127.0.0.1:9;lr>", "Service-Route: ???", "P-Associated-URI: <sip:3010@127.0.0.1>", "Min-Expires: 90",
    "Min-Expires: 0", "WWW-Authenticate: Digest realm=\"r\",nonce=\"n\",algorithm=SHA-256,qop=\"auth\"", "Retry-After: 1",
    "WWW-Authenticate: Digest realm=\"r\",nonce=\"n\",stale=true", "Date: Sat, 13 Nov 2010 23:29:00 GMT", "Path: <sip:p;lr>",
    "Authentication-Info: nextnonce=\"m\"", "Contact: <sip:x@127.0.0.1>;pub-gruu=\"sip:x\";temp-gruu=\"\"", "Supported: outbound, gruu",
]
METHODS = ["INVITE", "ACK", "BYE", "CANCEL", "OPTIONS", "UPDATE", "PRACK", "INFO", "REFER", "NOTIFY", "SUBSCRIBE", "MESSAGE",
           "REGISTER", "PUBLISH", "X"]
STATUSES = [100, 180, 181, 182, 183, 199, 200, 202, 300, 302, 380, 400, 401, 407, 408, 420, 421, 422, 423, 480, 481, 484,
            486, 487, 488, 489, 491, 500, 503, 504, 580, 600, 603, 699, 700, 99]


BODIES = [
    ("application/sdp", SDP),
    ("application/sdp", SDP.replace("sendrecv", "inactive")),
    ("application/sdp", SDP.replace("m=audio 40000", "m=video 1 RTP/AVP 31\r\nm=audio 0")),
    ("application/dtmf-relay", "Signal=5\r\nDuration=100\r\n"),
    ("application/dtmf", "#"),
    ("message/sipfrag;version=2.0", "SIP/2.0 200 OK\r\n"),
    ("message/sipfrag", "SIP/2.0 503 X\r\nReason: Q.850;cause=34\r\n"),
    ("application/kpml-request+xml", '<?xml version="1.0"?><kpml-request xmlns="urn:ietf:params:xml:ns:kpml-request" '
     'version="1.0"><pattern persist="persist"><regex tag="a">[x*#]</regex></pattern></kpml-request>'),
    ("application/kpml-response+xml", '<?xml version="1.0"?><kpml-response xmlns="urn:ietf:params:xml:ns:kpml-response" '
     'version="1.0" code="200" text="OK" digits="5" tag="a"/>'),
    ("application/simple-message-summary", "Messages-Waiting: yes\r\nVoice-Message: 1/2 (0/1)\r\n"),
    ("audio/telephone-event", "\x05\x8a\x03\x20"),
    ("multipart/mixed;boundary=x", "--x\r\nContent-Type: application/sdp\r\n\r\n" + SDP + "--x--\r\n"),
    ("text/plain", "x"),
]
EVENTS = ["refer", "dialog", "presence", "message-summary", "kpml", "telephone-event", "check-sync", "dialog;x", "x"]
DIALOGS = 30  # that are remembered


class Mangler:
    def __init__(self, seed):
        self.random = random.Random(seed)
        self.torture = [path.read_bytes() for path in sorted(TOP.glob("tests/torture/*/*.dat"))]
        self.serial = 0
        self.dialogs = []  # (Call-ID, From, To): how a request of ours within them has to look
        self.place = f"{NEAR}:9"  # where answers go
        self.dirt = 1.0  # how much of it is broken
        self.paths = []  # that the gateway has put into a REGISTER of a telephone
        self.flows = []  # Record-Route and Path of the gateway that passes on, as they were seen

    def learn(self, text, ours):
        """A message of the gateway that has made a dialog, perhaps; ours: it is an answer to us."""
        head = dict(line.split(": ", 1) for line in text.split("\r\n\r\n")[0].split("\r\n")[1:] if ": " in line)
        near, far = (head.get("From", ""), head.get("To", "")) if ours else (head.get("To", ""), head.get("From", ""))
        if "tag=" not in far or (ours and not re.match("SIP/2.0 (1|2)", text) and self.random.random() < 0.9):
            return
        if "tag=" not in near:
            near += ";tag=" + self.random.choice("abc")
        if (head.get("Call-ID", ""), near, far) not in self.dialogs:
            self.dialogs.append((head.get("Call-ID", ""), near, far))
        del self.dialogs[:-DIALOGS]

    def acknowledgement(self, text):
        """Of a final answer to an INVITE; else None."""
        head = dict(line.split(": ", 1) for line in text.split("\r\n\r\n")[0].split("\r\n")[1:] if ": " in line)
        cseq = head.get("CSeq", "").split()
        if cseq[1:] != ["INVITE"] or text[8:9] == "1":
            return None
        self.serial += 1
        via = f"SIP/2.0/UDP {self.place};branch=z9hG4bKa{self.serial}" if text[8:9] == "2" else head.get("Via", "")
        return "\r\n".join(["ACK sip:127.0.0.1 SIP/2.0", f"Via: {via}", f"From: {head.get('From')}", f"To: {head.get('To')}",
                            f"Call-ID: {head.get('Call-ID')}", f"CSeq: {cseq[0]} ACK", "Content-Length: 0", "", ""]).encode("latin-1")

    def within_dialog(self):
        r = self.random
        self.serial += 1
        method = r.choice(METHODS)
        call_id, near, far = r.choice(self.dialogs)
        lines = [f"{method} sip:127.0.0.1 SIP/2.0", f"Via: SIP/2.0/UDP {self.place};branch=z9hG4bKd{self.serial};rport",
                 f"From: {near}", f"To: {far}", f"Call-ID: {call_id}", f"CSeq: {self.serial} {method}",
                 f"Contact: <sip:100@{self.place}>"]
        if self.paths and r.random() < 0.3:
            lines += [f"Route: {r.choice(self.paths)}"]
        if method == "PRACK":
            lines += [f"RAck: {r.randrange(3)} {r.choice([1, self.serial])} INVITE"]
        if method in ("NOTIFY", "SUBSCRIBE"):
            lines += [f"Event: {r.choice(EVENTS)}", f"Subscription-State: {r.choice(['active', 'terminated;reason=noresource', 'x'])}"]
        if method == "REFER":
            lines += [f"Refer-To: <sip:{r.choice(['2001', '3001', ''])}@127.0.0.1{self.replaces()}>"]
        return self.with_extras(lines, r.choice(BODIES) if r.random() < 0.6 else None)

    def registration(self):
        """From one of many telephones, with Contacts of all kinds; calls to 4... go where it says."""
        r = self.random
        self.serial += 1
        number, place = r.choice(["4001", "4002", "4003", "5001", ""]), self.place
        contacts = [f"<sip:{number}@{place}>", f"<sip:{number}@{place};transport=tcp>;expires={r.choice([0, 1, 60, 1 << 32])}", "*",
                    f"\"x\" <sip:{number}@{place}>;q=0.5;+sip.instance=\"<urn:uuid:0-{r.randrange(3)}>\";reg-id={r.randrange(-1, 3)}",
                    f"<sips:{number}@{place}>", f"<sip:{number}@{place};ob;gr=x>;pub-gruu=\"x\"", f"sip:{number}@{place};expires=9"]
        lines = ["REGISTER sip:127.0.0.1 SIP/2.0", f"Via: SIP/2.0/UDP {place};branch=z9hG4bKr{self.serial};rport",
                 f"From: <sip:{number}@127.0.0.1>;tag=r", f"To: <sip:{number}@127.0.0.1>", f"Call-ID: r{r.randrange(9)}",
                 f"CSeq: {r.choice([self.serial, 1])} REGISTER"]
        lines += [f"Contact: {contact}" for contact in r.sample(contacts, r.choice([0, 1, 1, 2, 5]))]
        lines += r.sample(["Expires: 60", "Expires: 0", "Expires: -1", "Path: <sip:p;lr>", "Supported: path, outbound, gruu",
                           "Require: outbound", f"User-Agent: {'u' * r.choice([1, 300])}"], r.choice([0, 1, 2]))
        return self.with_extras(lines, None)

    def subscription(self):
        """Somebody wants to watch something, or says how he is."""
        r = self.random
        self.serial += 1
        method, event = r.choice(["SUBSCRIBE", "SUBSCRIBE", "PUBLISH", "NOTIFY"]), r.choice(EVENTS)
        line = r.choice(["4001", "4002", "2200", "1%3AD", "1/17", "4100", "x", ""])
        lines = [f"{method} sip:{line}@127.0.0.1 SIP/2.0", f"Via: SIP/2.0/UDP {self.place};branch=z9hG4bKs{self.serial};rport",
                 f"From: <sip:4002@127.0.0.1>;tag=s{r.randrange(3)}", f"To: <sip:{line}@127.0.0.1>", f"Call-ID: s{r.randrange(9)}",
                 f"CSeq: {self.serial} {method}", f"Contact: <sip:4002@{self.place}>", f"Event: {event}",
                 f"Expires: {r.choice([0, 1, 60, 3600, 1 << 32])}"]
        lines += r.sample(["Accept: application/pidf+xml", "Accept: application/dialog-info+xml", "Accept: x/y", "SIP-If-Match: x",
                           "Subscription-State: active"], r.choice([0, 1, 2]))
        return self.with_extras(lines, r.choice(BODIES) if r.random() < 0.3 else None)

    def see_flows(self, text):
        self.flows += re.findall(r"<sip:(?:flow-|through)[^>]*>", text)
        del self.flows[:-DIALOGS]

    def passed_on(self, own, manager):
        """A request from `own` for others than the gateway: with its Routes, those of others, and none. Both
        are places."""
        r = self.random
        self.serial += 1
        method = r.choice(["INVITE", "REGISTER", *METHODS])
        call_id, near, far = f"p{r.randrange(20)}", f"<sip:4001@127.0.0.1>;tag=p{r.randrange(3)}", "<sip:4002@127.0.0.1>"
        if self.dialogs and r.random() < 0.4:
            call_id, near, far = r.choice(self.dialogs)
        if method == "REGISTER":
            far = near.partition(";")[0]
        routes = [f"<sip:{manager};lr>", f"<sip:{own};lr>", "<sip:192.0.2.1;lr>", "<sip:nobody.invalid;lr>",
                  f"<sip:{manager}>", f"<sip:127.0.0.1;maddr={manager};lr>", "<tel:1>", "<sip:flow-udp-7f000001-9@127.0.0.1;lr>",
                  f"<sip:localhost:{manager.partition(':')[2]};lr>"]
        lines = [f"{method} sip:{r.choice(['4002', '4001', '9'])}@{r.choice([own, manager, '127.0.0.1:9'])} SIP/2.0",
                 f"Via: SIP/2.0/UDP {own};branch=z9hG4bKp{r.choice([self.serial, 1])};rport",
                 f"From: {near}", f"To: {far}", f"Call-ID: {call_id}", f"CSeq: {self.serial} {method}",
                 f"Contact: <sip:4001@{own}>"]
        for _ in range(r.choice([0, 1, 1, 2, 3, 60])):
            route = r.choice(self.flows) if self.flows and r.random() < 0.6 else r.choice(routes)
            lines += [f"Route: {route if r.random() < 0.9 else route.replace('1', '2')}"]
        lines += r.sample(["Max-Forwards: 70", "Max-Forwards: x", "Proxy-Require: x", "Record-Route: <sip:127.0.0.1:9;lr>",
                           "Via: SIP/2.0/TCP 127.0.0.1:9;branch=z9hG4bKold", "Path: <sip:192.0.2.1;lr>"], r.choice([0, 0, 1, 2]))
        text = self.with_extras(lines, r.choice(BODIES[:3]) if r.random() < 0.4 else None)
        return self.mangle(text) if r.random() < 0.3 else text

    def replaces(self):
        r = self.random
        if not self.dialogs or r.random() < 0.5:
            return ""
        call_id, near, far = r.choice(self.dialogs)
        tags = [text.partition("tag=")[2] for text in r.choice([(near, far), (far, near)])]
        return f"?Replaces={call_id}%3Bto-tag%3D{tags[1]}%3Bfrom-tag%3D{tags[0]}"

    def request(self, call_ids):
        r = self.random
        if self.dialogs and r.random() < 0.4:
            return self.within_dialog()
        if r.random() < 0.15:
            return self.registration()
        if r.random() < 0.1:
            return self.subscription()
        self.serial += 1
        number, method = r.choice(["2486", "2200", "2183", "3001", "3002", "4001", "4002", "4100", "**3", "4083354001", "9999", ""]), r.choice(METHODS[:1] * 6 + METHODS)
        call_id = r.choice(call_ids) if call_ids and r.random() < 0.5 else f"h{self.serial}"
        call_ids.append(call_id)
        del call_ids[:-40]
        lines = [f"{method} sip:{number}@127.0.0.1 SIP/2.0", f"Via: SIP/2.0/UDP {self.place};branch=z9hG4bKh{self.serial};rport",
                 "From: <sip:100@127.0.0.1>;tag=a", f"To: <sip:{number}@127.0.0.1>{r.choice(['', '', ';tag=b'])}",
                 f"Call-ID: {call_id}", f"CSeq: {self.serial} {method}", f"Contact: <sip:100@{self.place}>"]
        if self.paths and r.random() < 0.3:
            lines += [f"Route: {r.choice(self.paths)}"]
        return self.with_extras(lines, r.choice(BODIES[:1] * 8 + BODIES) if r.random() < 0.7 else None)

    def with_extras(self, lines, body):
        r = self.random
        if r.random() < self.dirt:
            lines = lines + r.sample(HEADERS, r.choice([0, 0, 1, 2, 5]))
        text = ""
        if body:
            kind, text = body
            text = self.mangle(text.encode("latin-1")).decode("latin-1") if r.random() < 0.3 * self.dirt else text
            lines += [f"Content-Type: {kind}"]
        lines += [f"Content-Length: {len(text)}", "", text]
        return "\r\n".join(lines).encode("latin-1")

    def answer(self, request):
        """What a hostile far end says to a request."""
        r = self.random
        status = r.choice([180, 183, 200] if r.random() < 0.5 else STATUSES)
        keep = [line for line in request.split("\r\n\r\n")[0].split("\r\n")[1:]
                if line.split(":")[0].lower() in ("via", "from", "to", "call-id", "cseq")]
        keep = [line + f";tag={r.choice('abc')}" if line.lower().startswith("to:") and ";tag" not in line else line
                for line in keep]
        extra = r.choice([[], [f"Contact: <sip:b@{self.place}>"], ["Require: 100rel", f"RSeq: {r.randrange(1, 5)}"]])
        if request.startswith("REGISTER"):
            contacts = re.findall(r"(?mi)^contact: *(.*?)\r?$", request)
            status = r.choice([200, 200, 401, 423, status])
            extra = [f"Contact: {contact};expires={r.choice([0, 1, 5, 60, 1 << 32])}" for contact in contacts] + r.sample(REGISTERED, 2)
        elif r.random() < 0.2:
            extra += [f"Record-Route: <sip:{self.place};lr>, <sip:{r.choice(['p', '127.0.0.1:9', NEAR])};lr>"]
        text = self.with_extras([f"SIP/2.0 {status} X", *keep, *extra], r.choice(BODIES[:1] * 8 + BODIES) if r.random() < 0.5 else None)
        return self.mangle(text) if r.random() < 0.3 * self.dirt else text

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
        if r.random() < 0.3 * self.dirt:
            text = r.choice(self.torture)
        else:
            text = self.request(call_ids)
        return self.mangle(text) if r.random() < 0.5 * self.dirt else text


class Enemy:
    """Sends, and answers whatever comes with whatever it likes."""

    def __init__(self, mangler, host):
        self.mangler = mangler
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind((host, 0))
        self.socket.setblocking(False)
        self.port = self.socket.getsockname()[1]
        self.place = f"{host}:{self.port}"
        self.answered = 0

    def serve(self):
        while True:
            try:
                data, source = self.socket.recvfrom(65536)
            except BlockingIOError:
                return
            text = data.decode("latin-1")
            self.mangler.place = self.place
            if text.startswith("SIP/2.0"):
                self.mangler.learn(text, ours=True)
                ack = self.mangler.acknowledgement(text)
                if ack and self.mangler.random.random() < 0.9:
                    self.socket.sendto(ack, source)
                continue
            if text.startswith(("INVITE", "SUBSCRIBE")):
                self.mangler.learn(text, ours=False)
            self.mangler.paths += re.findall(r"(?mi)^path: *(.*?)\r?$", text)
            del self.mangler.paths[:-DIALOGS]
            for _ in range(self.mangler.random.choice([1, 1, 1, 2, 3])):
                answer = self.mangler.answer(text)
                if len(answer) < 60000:
                    self.socket.sendto(answer, source)
                    self.answered += 1


class Enemies:
    """A telephone and a server. Both serve whenever one is asked to."""

    def __init__(self, mangler):
        self.near, self.far = Enemy(mangler, NEAR), Enemy(mangler, FAR)

    def serve(self):
        self.near.serve()
        self.far.serve()

    def any(self, mangler):
        enemy = mangler.random.choice([self.near, self.near, self.far])
        mangler.place = enemy.place
        return enemy


class Manager(Enemy):
    """A call manager that is as hostile, and sends requests of its own. While it is not there it hears
    nothing."""

    is_there = False

    def serve(self):
        while True:
            try:
                data, source = self.socket.recvfrom(65536)
            except BlockingIOError:
                return
            text = data.decode("latin-1")
            if not self.is_there:
                continue
            self.mangler.place = self.place
            self.mangler.see_flows(text)
            if text.startswith("SIP/2.0"):
                self.mangler.learn(text, ours=True)
                continue
            if text.startswith("OPTIONS") and "User-Agent: sipspan" in text:
                self.socket.sendto(self.plainly(text), source)
            elif self.mangler.random.random() < 0.9:
                self.mangler.learn(text, ours=False)
                self.answer(text, source)

    @staticmethod
    def plainly(text):
        keep = [line for line in text.split("\r\n\r\n")[0].split("\r\n")[1:]
                if line.split(":")[0].lower() in ("via", "from", "to", "call-id", "cseq", "contact")]
        return "\r\n".join(["SIP/2.0 200 OK", *keep, "Content-Length: 0", "", ""]).encode("latin-1")

    def answer(self, text, source):
        r = self.mangler.random
        for _ in range(r.choice([1, 1, 1, 2, 3])):
            answer = self.plainly(text) if r.random() < 0.3 else self.mangler.answer(text)
            if len(answer) < 60000:
                self.socket.sendto(answer, source)
                self.answered += 1
        if r.random() < 0.3 and self.mangler.flows:  # and back to the gateway, as proxies do
            lines = text.split("\r\n")
            lines[1:1] = [f"Via: SIP/2.0/UDP {self.place};branch=z9hG4bKs{r.randrange(1 << 30)}",
                          f"Record-Route: <sip:{self.place};lr>", f"Route: {r.choice(self.mangler.flows)}"]
            self.socket.sendto("\r\n".join(lines).encode("latin-1")[:60000], source)


def test_broken_messages_that_are_passed_on_harm_nobody(folder):
    """The same from telephones that go through the gateway, and from their call manager, which comes and goes."""
    mangler = Mangler(SEED + 1)
    near, far, sip = free_port(), free_port(), free_port()
    manager, enemy = Manager(mangler, FAR), Enemy(mangler, NEAR)
    sent = 0
    with SipPhone() as phone:
        first, _ = rtp_range()
        text = (CONFIG + MODES["proxy"]).format(near=near, far=far, sip=sip, rtp=(first, first + 2 * STREAMS - 1), phone=phone.port,
                                                enemy=manager.port, NEAR=NEAR, FAR=FAR, MEDIA=MEDIA)
        with Gateway(folder, near, far, sip_port=sip, text=text) as gateway:
            wait_until("console", gateway.listens)
            gateway.wait_for_line("fallback: on")
            phone.gateway = gateway.target
            stays = phone.dial("2200")
            phone.wait_for_status(stays, 200)
            begin, turns = time.monotonic(), 0
            while time.monotonic() < begin + SECONDS / PARTS:
                manager.is_there = turns % 20 < 17
                turns += 1
                for _ in range(BURST):
                    sender = manager if mangler.random.random() < 0.5 else enemy
                    sender.socket.sendto(mangler.passed_on(sender.place, manager.place)[:60000], gateway.target)
                    manager.serve()
                    enemy.serve()
                    sent += 1
                assert gateway.running(), f"SIPSPAN_SEED={SEED}, after {sent} messages"
                wait_for_options(gateway.target, manager, enemy)
                pace(begin, sent)
            manager.is_there = False
            wait_until("fallback", lambda: "down" in gateway.command("show call-manager-fallback"))
            wait_until("honest call", lambda: honest_call(phone), 60)
            assert stays.state == "up"
    assert manager.answered > 0 and mangler.flows
    print(f"{sent} messages, {manager.answered} answers")


@pytest.mark.parametrize("mode", MODES)
def test_broken_messages_harm_nobody(folder, mode):
    mangler = Mangler(SEED)
    near, far, sip = free_port(), free_port(), free_port()
    enemies = Enemies(mangler)
    sent, call_ids = 0, []
    with SipPhone() as phone:
        first, _ = rtp_range()
        text = (CONFIG + MODES[mode]).format(near=near, far=far, sip=sip, rtp=(first, first + 2 * STREAMS - 1), phone=phone.port,
                                             enemy=enemies.far.port, NEAR=NEAR, FAR=FAR, MEDIA=MEDIA)
        with Gateway(folder, near, far, sip_port=sip, text=text) as gateway:
            wait_until("console", gateway.listens)
            wait_until("media process", gateway.media_pid)
            phone.gateway = gateway.target
            stays = phone.dial("2200")
            phone.wait_for_status(stays, 200)
            for message in FOUND:
                enemies.near.socket.sendto(message.encode(), gateway.target)
                wait_for_options(gateway.target, enemies)
            for message in FOUND_TCP:
                with socket.create_connection(gateway.target, source_address=(NEAR, 0)) as s:
                    s.sendall(message.encode())
                    wait_for_options(gateway.target, enemies)
            begin = time.monotonic()
            while time.monotonic() < begin + SECONDS / PARTS:
                sent += burst(mangler, gateway.target, call_ids, enemies)
                assert gateway.running(), f"SIPSPAN_SEED={SEED}, after {sent} messages"
                wait_for_options(gateway.target, enemies)
                pace(begin, sent)
                if sent % (10 * BURST) < BURST:
                    end_some_calls(gateway, mangler.random)
            # calls that nobody takes hold their ports until `timers expires`
            wait_until("honest call", lambda: honest_call(phone), 60)
            assert stays.state == "up"
    assert enemies.near.answered > 0 and enemies.far.answered > 0
    print(f"{mode}: {sent} messages, {enemies.near.answered} and {enemies.far.answered} answers")


def end_some_calls(gateway, choice):
    """Those that both enemies have answered would last for ever. The first one is that of honest people."""
    calls = re.findall(r"^(\d+) ", gateway.command("show call active brief"), re.MULTILINE)[1:]
    for number in choice.sample(calls, max(0, len(calls) - CALLS)):
        gateway.command(f"clear call {number}", check=False)


def burst(mangler, target, call_ids, enemies):
    enemy = enemies.any(mangler)
    mangler.dirt = mangler.random.choice([0.02, 0.2, 1])
    messages = [mangler.message(call_ids) for _ in range(BURST)]
    messages = [m for m in messages if len(m) < 60000]
    if mangler.random.random() < 0.7:
        for message in messages:
            enemy.socket.sendto(message, target)
            enemies.serve()
    else:
        with socket.create_connection(target, source_address=(enemy.place.split(":")[0], 0)) as s:
            try:
                for message in messages:
                    s.sendall(message)
                    enemies.serve()
                    learn_from_connection(mangler, s)
            except OSError:
                pass  # it may hang up on us
    return len(messages)


def learn_from_connection(mangler, connection):
    try:
        data = connection.recv(65536, socket.MSG_DONTWAIT)
    except BlockingIOError:
        return
    for text in data.decode("latin-1").split("SIP/2.0 ")[1:]:
        mangler.learn("SIP/2.0 " + text, ours=True)


def pace(begin, sent):
    """A machine that is fast now may be slow when all that was sent is repeated."""
    time.sleep(max(0, begin + sent / RATE - time.monotonic()))


def wait_for_options(target, *enemies):
    """An honest question behind the broken ones: it is answered when they have been dealt with, at the latest
    when their transactions end."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.bind(("127.0.0.1", 0))
        s.settimeout(0.05)
        port = s.getsockname()[1]
        text = "\r\n".join([f"OPTIONS sip:{target[0]}:{target[1]} SIP/2.0", f"Via: SIP/2.0/UDP 127.0.0.1:{port};branch=z9hG4bKo{port}",
                            "From: <sip:o@127.0.0.1>;tag=o", "To: <sip:127.0.0.1>", f"Call-ID: o{port}-{time.monotonic_ns()}",
                            "CSeq: 1 OPTIONS", "Max-Forwards: 70", "Content-Length: 0", "", ""]).encode()

        def answered():
            s.sendto(text, target)
            for enemy in enemies:
                enemy.serve()
            try:
                return s.recv(65536).startswith(b"SIP/2.0 200")
            except TimeoutError:
                return False

        wait_until("answer to OPTIONS", answered, 2 * 32)


def honest_call(phone):
    call = phone.dial("2200")
    try:
        phone.wait_for_status(call, 200, 5)
    except Exception:  # 503 while it recovers
        return False
    phone.hang_up(call)
    return True
