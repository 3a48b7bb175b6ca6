# SPDX-License-Identifier: GPL-2.0-or-later
"""A SIP user agent for hundreds of calls at once, in one thread: what it does with a call follows from
the number called, or is ordered by the test.

The last three digits of a called number say what becomes of the call: 100 nothing, 180 it rings, 183 it
has early media, 200 it is answered, 300 to 699 it is refused with that status.
"""

import re
import select
import socket
import threading
import time

from .process import Failure, Worker, free_port, wait_until

_SDP = ("v=0\r\no=test {id} {id} IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
        "m=audio {port} RTP/AVP {codecs}\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:0 PCMU/8000\r\n"
        "a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\na=ptime:20\r\n")
_IS_SIP = re.compile(rb"SIP/2\.0 \d{3} |[A-Z]+ \S+ SIP/2\.0\r\n")
_REASONS = {100: "Trying", 180: "Ringing", 183: "Session Progress", 200: "OK", 487: "Request Terminated"}


class Message:
    def __init__(self, text):
        head, _, self.body = text.partition("\r\n\r\n")
        self.line, *lines = head.split("\r\n")
        self.headers = [(name.strip().lower(), value.strip())
                        for name, _, value in (line.partition(":") for line in lines)]
        self.status = int(self.line.split()[1]) if self.line.startswith("SIP/2.0") else 0
        self.method = self.get("cseq").split()[1] if self.status else self.line.split()[0]
        self.cseq = int(self.get("cseq").split()[0])

    def all(self, name):
        return [value for header, value in self.headers if header == name]

    def get(self, name):
        return (self.all(name) or [""])[0]


class SipCall:
    """state: trying, ringing, up, ended."""

    def __init__(self, phone, call_id, incoming, number):
        self.phone, self.call_id, self.incoming, self.number = phone, call_id, incoming, number
        self.state, self.status, self.reason, self.remote_rtp = "trying", 0, "", None
        self.statuses = []
        self.heard = {}  # "INVITE", "180", ...: the last message of that kind
        self.notified = []
        self.described = set()  # those that came with a session description
        self.last = None  # the final response
        self.cseq, self.tag = 1, f"t{phone.next_number()}"
        self.invite = None
        self.local = self.remote = self.target = ""
        self.route = []
        self.rtp_port, phone.next_rtp_port = phone.next_rtp_port or phone.sink.getsockname()[1], None

    def learn(self, message):
        """The far end's Contact and where it wants RTP."""
        contact = re.search(r"<([^>]+)>|(sip:\S+)", message.get("contact"))
        if contact:
            self.target = contact[1] or contact[2]
        host = re.search(r"^c=IN IP4 (\S+)", message.body, re.MULTILINE)
        port = re.search(r"^m=audio (\d+)", message.body, re.MULTILINE)
        if host and port:
            self.remote_rtp = host[1], int(port[1])

    def sdp(self):
        return _SDP.format(id=self.phone.next_number(), port=self.rtp_port, codecs=self.phone.codecs)


class SipPhone:
    """gateway: its (address, port), needed to place calls and to end them."""

    def __init__(self):
        self.port = free_port()
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        self.socket.bind(("127.0.0.1", self.port))
        self.sink = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)  # RTP that nobody listens to
        self.sink.bind(("127.0.0.1", free_port(2)))  # RTCP comes to the next port
        self.gateway = None
        self.codecs = "8 0 101"
        self.options = 200  # what OPTIONS are answered with; None: nothing
        self.next_rtp_port = None  # where the next call hears; nowhere if not said
        self.registered = None  # status of the last REGISTER
        self.unasked = []  # NOTIFYs outside all calls
        self.added = {}  # "INVITE", "BYE", "180", ...: header lines for the next message of that kind
        self.calls = {}
        self.lock = threading.RLock()
        self.answers = {}  # what was replied to a request that may come again
        self.number = 0
        self.log = []  # (time, direction, first line)
        self.worker = Worker(self._run)

    def __enter__(self):
        self.worker.start()
        return self

    def __exit__(self, *_):
        try:
            self.worker.end()
        finally:
            self.socket.close()
            self.sink.close()

    def next_number(self):
        with self.lock:
            self.number += 1
            return self.number

    # ---- what a test orders

    def dial(self, number, caller="4085550100", rtp_port=None):
        with self.lock:
            call = SipCall(self, f"c{self.next_number()}-{self.port}@127.0.0.1", False, number)
            call.rtp_port = rtp_port or call.rtp_port
            call.local = f"<sip:{caller}@127.0.0.1:{self.port}>;tag={call.tag}"
            call.target = f"sip:{number}@{self.gateway[0]}:{self.gateway[1]}"
            call.remote = f"<{call.target}>"
            self.calls[call.call_id] = call
            self._request(call, "INVITE", call.sdp())
        return call

    def register(self, number, q="1.0", expires=600, status=200):
        """At this phone's address; waits until it is done, with this status."""
        with self.lock:
            self.registered, count = None, self.next_number()
            self._send([f"REGISTER sip:{self.gateway[0]}:{self.gateway[1]} SIP/2.0",
                        f"Via: SIP/2.0/UDP 127.0.0.1:{self.port};branch=z9hG4bK{count}", "Max-Forwards: 70",
                        f"From: <sip:{number}@127.0.0.1>;tag=r{count}", f"To: <sip:{number}@127.0.0.1>",
                        f"Call-ID: r{number}-{self.port}", f"CSeq: {count} REGISTER",
                        f"Contact: <sip:{number}@127.0.0.1:{self.port}>;q={q};expires={expires}"])
        wait_until("answer to REGISTER", lambda: self.registered is not None, 5, 0.02)
        if self.registered != status:
            raise Failure(f"REGISTER of {number}: SIP status {self.registered}")

    def answer(self, call):
        with self.lock:
            self._respond(call, 200, call.sdp())

    def respond(self, call, status, described=False):
        """A provisional response or a refusal."""
        with self.lock:
            self._respond(call, status, call.sdp() if described else "")

    def hang_up(self, call):
        """BYE, CANCEL or a refusal, as its state wants."""
        with self.lock:
            if call.state == "up":
                call.cseq += 1
                self._request(call, "BYE")
                self._end(call)
            elif call.state != "ended" and call.incoming:
                self._respond(call, 480)
                self._end(call)
            elif call.state != "ended":
                self._request(call, "CANCEL")

    def describe_again(self, call, direction):
        """A re-INVITE of a call that came in: "sendonly" holds it."""
        with self.lock:
            call.cseq += 1
            self._request(call, "INVITE", f"{call.sdp()}a={direction}\r\n")

    def refer(self, call, to, replaces=None):
        """Asks for a transfer to a number, or to the far end of another call of ours. What NOTIFY says of
        it is in call.notified."""
        uri = f"sip:{to}@{self.gateway[0]}:{self.gateway[1]}"
        with self.lock:
            if replaces:
                far, near = (re.search("tag=([^;>]+)", value)[1] for value in (replaces.remote, replaces.local))
                uri += f"?Replaces={replaces.call_id}%3Bto-tag%3D{far}%3Bfrom-tag%3D{near}"
            call.cseq += 1
            self._request(call, "REFER", headers=[f"Refer-To: <{uri}>"])

    def wait_for_notify(self, call, status, seconds=10.0):
        wait_until(f"NOTIFY with {status} (there were {call.notified})", lambda: status in call.notified,
                   seconds, 0.02)

    def calls_of(self, prefix, open_only=True):
        with self.lock:
            return [call for call in self.calls.values()  # in the order of their beginning
                    if call.number.startswith(prefix) and (call.state != "ended" or not open_only)]

    def wait_for_status(self, call, status, seconds=10.0):
        def look():
            if status in call.statuses:
                return True
            if call.statuses and call.statuses[-1] >= 200:
                raise Failure(f"SIP status {call.statuses}, expected {status}")
            return False
        wait_until(f"SIP status {status} (there were {call.statuses})", look, seconds)

    # ---- messages out

    def _send(self, lines, body=""):
        head = list(lines)
        if body:
            head.append("Content-Type: application/sdp")
        head.append(f"Content-Length: {len(body)}")
        self.log.append((time.monotonic(), "->", head[0]))
        data = ("\r\n".join(head) + "\r\n\r\n" + body).encode()
        self.socket.sendto(data, self.gateway)
        return data

    def _request(self, call, method, body="", headers=()):
        of_invite = method == "CANCEL" or (method == "ACK" and call.status >= 300)
        branch = call.invite_branch if of_invite else f"z9hG4bK{self.next_number()}"
        if method == "INVITE":
            call.invite_branch, call.invite_uri = branch, call.target
        uri = call.invite_uri if of_invite else call.target
        remote = call.remote if method != "CANCEL" else f"<{call.invite_uri}>"
        self._send([f"{method} {uri} SIP/2.0",
                    f"Via: SIP/2.0/UDP 127.0.0.1:{self.port};branch={branch}",
                    *(f"Route: {route}" for route in call.route if not of_invite),
                    "Max-Forwards: 70", f"From: {call.local}", f"To: {remote}",
                    f"Call-ID: {call.call_id}",
                    f"CSeq: {1 if not call.incoming and method in ('ACK', 'CANCEL') else call.cseq} {method}",
                    *self.added.pop(method, []), f"Contact: <sip:test@127.0.0.1:{self.port}>", *headers], body)

    def _reply(self, request, status, tag="", body=""):
        to = request.get("to")
        if tag and "tag=" not in to:
            to += f";tag={tag}"
        data = self._send([f"SIP/2.0 {status} {_REASONS.get(status, 'Test')}",
                           *(f"Via: {via}" for via in request.all("via")), f"From: {request.get('from')}",
                           f"To: {to}", f"Call-ID: {request.get('call-id')}", f"CSeq: {request.get('cseq')}",
                           *(f"Record-Route: {route}" for route in request.all("record-route")),
                           *(self.added.pop(str(status), []) if request.method == "INVITE" else []),
                           f"Contact: <sip:test@127.0.0.1:{self.port}>"], body)
        self.answers[request.get("call-id"), request.get("cseq")] = data

    def _respond(self, call, status, body=""):
        """To the INVITE of a call that came in."""
        self._reply(call.invite, status, call.tag if status > 100 else "", body)
        call.status = status
        if status == 180 or status == 183:
            call.state = "ringing"
        elif status == 200:
            call.state = "up"
        elif status >= 300:
            self._end(call)

    def _end(self, call):
        call.state = "ended"

    # ---- messages in

    def _run(self):
        while not self.worker.stopping.is_set():
            if not select.select([self.socket], [], [], 0.1)[0]:
                continue
            data, source = self.socket.recvfrom(65536)
            if source != self.gateway or not _IS_SIP.match(data):  # for whoever had this port before
                self.log.append((time.monotonic(), "<-", f"{len(data)} octets from {source}, not for us"))
                continue
            with self.lock:
                message = Message(data.decode(errors="replace"))
                self.log.append((time.monotonic(), "<-", message.line))
                if message.status:
                    self._on_response(message)
                else:
                    self._on_request(message)

    def _on_request(self, request):
        call = self.calls.get(request.get("call-id"))
        if call:
            call.heard[request.method] = request
        if request.method == "ACK":
            return
        repeated = self.answers.get((request.get("call-id"), request.get("cseq")))
        if repeated:
            self.socket.sendto(repeated, self.gateway)
        elif request.method == "INVITE" and not call:
            self._on_invite(request)
        elif request.method == "INVITE":
            call.learn(request)
            self._reply(request, 200, call.tag, call.sdp())
        elif request.method == "CANCEL" and call:
            self._reply(request, 200, call.tag)
            if call.state in ("trying", "ringing"):
                call.reason = request.get("reason")
                self._respond(call, 487)
        elif request.method == "BYE" and call:
            call.reason = request.get("reason")
            self._reply(request, 200, call.tag)
            self._end(call)
        elif request.method == "NOTIFY" and call:
            call.notified.append(int(request.body.split()[1]))
            self._reply(request, 200, call.tag)
        elif request.method != "OPTIONS":
            if request.method == "NOTIFY":
                self.unasked.append(request)
            self._reply(request, 200, "x")
        elif self.options:
            self._reply(request, self.options, "x")

    def _on_invite(self, request):
        number = re.search(r"sip:([^@;>]*)", request.line)[1]
        call = SipCall(self, request.get("call-id"), True, number)
        call.invite = call.heard["INVITE"] = request
        call.local, call.remote = f"{request.get('to')};tag={call.tag}", request.get("from")
        call.route = request.all("record-route")
        call.learn(request)
        self.calls[call.call_id] = call
        self._respond(call, 100)
        wanted = int(number[-3:]) if re.fullmatch(r"\d+", number) and len(number) >= 3 else 404
        if wanted == 200:
            self._respond(call, 180)
            self._respond(call, 200, call.sdp())
        elif wanted == 183:
            self._respond(call, 183, call.sdp())
        elif wanted > 100:
            self._respond(call, wanted)

    def _on_response(self, response):
        call = self.calls.get(response.get("call-id"))
        if response.method == "REGISTER":
            self.registered = response.status
        if not call or response.method != "INVITE":
            return
        call.heard[str(response.status)] = response
        known = call.state == "ended" or call.state == "up"
        call.status = response.status
        call.statuses.append(response.status)
        call.last = response
        if response.body:
            call.described.add(response.status)
        if response.status > 100:
            call.remote = response.get("to")
        if response.status < 200:
            call.learn(response)
            if response.status > 100 and not known:
                call.state = "ringing"
            return
        if response.status < 300:
            call.learn(response)
            if not known:
                call.state = "up"
        else:
            call.reason = response.get("reason")
            self._end(call)
        self._request(call, "ACK")
