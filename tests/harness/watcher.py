# SPDX-License-Identifier: GPL-2.0-or-later
"""One who watches a line: SUBSCRIBE and NOTIFY by UDP, message by message."""

import hashlib
import re
import select
import socket
import time
from xml.etree import ElementTree

from .process import PATIENCE, Failure
from .sip_phone import Message

DIALOG = "{urn:ietf:params:xml:ns:dialog-info}"


def md5(text):
    return hashlib.md5(text.encode()).hexdigest()


def call_states(message):
    """Of a NOTIFY of dialogs."""
    root = ElementTree.fromstring(message.body)
    return [call.find(DIALOG + "state").text for call in root.iter(DIALOG + "dialog")]


class Watcher:
    """One subscription of a telephone that answers each NOTIFY as `answer` says. user, password: what it shows
    when it is asked."""

    def __init__(self, gateway, line, event, user="4999", password=None):
        self.gateway, self.line, self.event = gateway, line, event
        self.user, self.password = user, password
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.cseq, self.call, self.remote_tag, self.answer = 0, 0, "", "200 OK"
        self.target = self.uri  # then the Contact of the gateway
        self.notifies, self.seen, self.seen_messages = [], set(), []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def subscribe(self, expires=600, event=None):
        """The final answer."""
        answer = self._subscribe(expires, event, [])
        if answer.status == 401 and self.password:
            answer = self._subscribe(expires, event, [self._credentials(answer)])
        tag = re.search(r";tag=[^;]+", answer.get("to"))
        if answer.status < 300:
            self.remote_tag, self.target = tag[0], re.search("<(.*)>", answer.get("contact"))[1]
        return answer

    def forget(self):
        """The next SUBSCRIBE begins anew."""
        self.remote_tag, self.target, self.call = "", self.uri, self.call + 1
        self.notifies.clear()
        self.seen.clear()

    @property
    def uri(self):
        return "sip:{}@{}:{}".format(self.line, *self.gateway.target)

    def _subscribe(self, expires, event, more):
        self.cseq += 1
        self.socket.sendto("\r\n".join([
            f"SUBSCRIBE {self.target} SIP/2.0",
            f"Via: SIP/2.0/UDP 127.0.0.1:{self.port};branch=z9hG4bK-{self.port}-{self.cseq}", "Max-Forwards: 70",
            f"From: <sip:{self.user}@127.0.0.1>;tag=w{self.port}", f"To: <{self.uri}>{self.remote_tag}",
            f"Call-ID: w{self.port}-{self.call}", f"CSeq: {self.cseq} SUBSCRIBE",
            f"Contact: <sip:{self.user}@127.0.0.1:{self.port}>", f"Event: {event or self.event}", f"Expires: {expires}",
            *more, "Content-Length: 0", "", ""]).encode(), self.gateway.target)
        return self._wait("an answer", lambda m: m.status >= 200)

    def _credentials(self, challenge):
        asked = next(value for value in challenge.all("www-authenticate") if "algorithm=MD5" in value)
        realm, nonce = (re.search(rf'{name}="([^"]*)"', asked)[1] for name in ("realm", "nonce"))
        known = md5(f"{self.user}:{realm}:{self.password}")
        response = md5(f"{known}:{nonce}:00000001:c:auth:" + md5(f"SUBSCRIBE:{self.target}"))
        return (f'Authorization: Digest username="{self.user}", realm="{realm}", nonce="{nonce}", uri="{self.target}", '
                f'response="{response}", algorithm=MD5, cnonce="c", qop=auth, nc=00000001')

    def expect(self, state, *texts, seconds=10.0):
        """The first NOTIFY from now on in that state with all these texts in its body."""
        def look(message):
            return (message.get("subscription-state").startswith(state) and
                    all(text in message.body for text in texts))
        for number, message in enumerate(self.notifies):
            if look(message):
                del self.notifies[:number + 1]
                return message
        found = self._wait(f"{state} {texts}", lambda m: m.method == "NOTIFY" and not m.status and look(m), seconds)
        self.notifies.clear()
        return found

    def _wait(self, what, look, seconds=10.0):
        end = time.monotonic() + seconds * PATIENCE
        while time.monotonic() < end:
            if not select.select([self.socket], [], [], 0.1)[0]:
                continue
            data, source = self.socket.recvfrom(65536)
            message = Message(data.decode())
            if message.method == "NOTIFY" and not message.status:
                self._respond(message, source)
                if message.cseq in self.seen:
                    continue
                self.seen.add(message.cseq)
                self.notifies.append(message)
                self.seen_messages.append(message)
            if look(message):
                return message
        raise Failure(f"no {what}; NOTIFYs so far: {[(m.get('subscription-state'), m.body) for m in self.notifies]}")

    def _respond(self, notify, source):
        lines = [f"SIP/2.0 {self.answer}"]
        lines += [f"Via: {via}" for via in notify.all("via")]
        lines += [f"{name}: {notify.get(name.lower())}" for name in ("From", "To", "Call-ID", "CSeq")]
        self.socket.sendto("\r\n".join(lines + ["Content-Length: 0", "", ""]).encode(), source)
