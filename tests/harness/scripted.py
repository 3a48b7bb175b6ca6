# SPDX-License-Identifier: GPL-2.0-or-later
"""Scripts of sipspan-exchange against a gateway with several spans, as many at once as there are spans.

A script's `ask` is answered here: what it asks is done on the SIP side or looked up in the gateway.

    ask sip call NUMBER           the phone calls NUMBER behind this span
    ask sip status N              the call got SIP status N
    ask sip up NUMBER             all SIP calls of this span to NUMBER are answered
    ask sip answer                the newest SIP call of this span
    ask sip hangup [NUMBER]       all SIP calls of this span, or those to numbers that end so
    ask sip respond N [described] the newest SIP call gets this status, with a session description
    ask sip seen N plain|described    the call got SIP status N, without or with one
    ask sip never N               the call has not got it
    ask sip adds KIND NAME VALUE  a header for the SIP side's next message of that kind: INVITE, 180
    ask sip has KIND NAME REGEX   the last message of that kind had it, of the newest SIP call
    ask sip refused N CAUSE       the call has ended so, with this Q.850 cause
    ask sip sent_on NUMBER        ... with a Contact of this number
    ask sip listen, sip rings     the call's audio is taken; it is ringback of GB
    ask sip talk, sip heard       the next SIP call speaks; what it said came back, bit for bit
                                  unless this machine stalled
    ask sip ended [CAUSE]         no SIP call is left; the last one ended with this Q.850 cause
    ask up                        the gateway takes layer 2 for up
    ask gone N                    N call records were written since `idle` was asked
    ask idle N [CAUSE]            no call is left in the gateway, all channels are idle, N call records
                                  were written since this was asked last, the newest with this cause
    ask cleared                   as idle, for any number of records
    ask other ready, other idle   the next span's script has said `ask ready`; that span is idle
    ask finished                  the test has set stage.finished
    ask memory [flat]             how much the gateway has; it has no more than when this was asked first
"""

import os
import re
import time
import subprocess
import threading

from .process import BUILD, SANITIZED, Failure, Stalls, free_port, rtp_range, wait_until
from .gateway import Gateway
from .rtp import FRAME, RtpEnd, RtpEnds
from .sip_phone import SipPhone
from .speech import assert_all_heard, decode, encode, level, make_speech, read_wav

MEMORY_SLACK_KB = 512  # a kB a call would be more; what malloc keeps settles after a thousand calls
STALL_MS = 10

_HEAD = """\
hostname scripted
voice service voip
 ip address trusted list
  ipv4 127.0.0.1
 rtp-port range {rtp_first} {rtp_last}
 sip
  bind control address 127.0.0.1
  bind media address 127.0.0.1
  listen-port non-secure {sip}
call-record file {records}
dial-peer voice 200 voip
 destination-pattern 2T
 incoming called-number .
 session target ipv4:127.0.0.1:{phone}
 codec g711alaw g711ulaw
 dtmf-relay rtp-nte
sip-ua
 transport udp
"""
_SPAN = """\
controller e1 {n}
 driver cesopsn listen 127.0.0.1:{span} peer 127.0.0.1:{peer}
 clock source {clock}
 pri-group timeslots 1-31
interface serial {n}:D
{lines} isdn switch-type primary-net5
 isdn protocol-emulate {side}
 isdn bchan-number-order ascending
{timers}
voice-port {n}:D
 cptone GB
dial-peer voice {peer_tag} pots
 destination-pattern 1{n}...
 port {n}:D
"""
SHORT = {301: 1000, 303: 400, 304: 600, 305: 400, 308: 400, 309: 1200, 310: 700, 313: 400, 316: 500}



def is_flat(before, after):
    """As many descriptors, and no more memory but for a few pages; AddressSanitizer keeps what was freed."""
    return (before[1] == after[1] and before[3] == after[3]
            and (SANITIZED or all(a <= b + MEMORY_SLACK_KB for b, a in zip(before[::2], after[::2]))))


def descriptors(pid):
    """Those that stay: a console connection that has just ended may be open for a moment more."""
    counts = []
    for _ in range(25):
        counts.append(len(os.listdir(f"/proc/{pid}/fd")))
        time.sleep(0.02)
    return min(counts)


class Span:
    """side: of the script. timers: {303: 400} or {}. lines: more of the interface."""

    def __init__(self, number, side, timers, lines=""):
        self.number, self.side, self.timers, self.lines = number, side, timers, lines
        self.gateway_port, self.port = free_port(), free_port()
        self.records_seen = 0
        self.ready = threading.Event()

    def text(self):
        return _SPAN.format(n=self.number, lines=self.lines, span=self.gateway_port, peer=self.port,
                            clock="line" if self.side == "network" else "internal",
                            side="user" if self.side == "network" else "network",
                            peer_tag=100 + self.number,
                            timers="\n".join(f" isdn timer t{t} {ms}" for t, ms in self.timers.items()))


class Stage:
    """The gateway, its spans and the phone. run(): one script on one span. more: of its configuration,
    where {phone} is the phone's port; sip_ua: lines of that block."""

    def __init__(self, folder, spans, more="", sip_ua=""):
        self.folder, self.spans = folder, spans
        self.phone = SipPhone()
        sip = free_port()
        rtp_first, rtp_last = rtp_range()
        records = folder / "sipspand.csv"
        text = "".join(span.text() for span in spans) + _HEAD.format(
            rtp_first=rtp_first, rtp_last=rtp_last, sip=sip, records=records, phone=self.phone.port)
        text += sip_ua + more.format(phone=self.phone.port)
        self.gateway = Gateway(folder, 0, 0, text=text, sip_port=sip)
        self.phone.gateway = self.gateway.target
        self.finished = threading.Event()

    def __enter__(self):
        self.phone.__enter__()
        self.gateway.start()
        wait_until("console of the gateway", self.gateway.listens, 15, 0.05)
        return self

    def __exit__(self, *what):
        self.gateway.__exit__(*what)
        self.phone.__exit__(*what)

    def run(self, span, path, seconds=60.0, **variables):
        """Plays the script to its end; returns what it said. A script that fails is a Failure."""
        return ScriptRun(self, span, path, variables).play(seconds)

    def resources(self):
        """kB and descriptors: those that sipspand uses, those that sipspan-media has resident."""
        media = self.gateway.media_pid()
        with open(f"/proc/{media}/status") as file:
            resident = int(re.search(r"VmRSS:\s+(\d+)", file.read())[1])
        return [self.gateway.memory_kb(), descriptors(self.gateway.pid), resident, descriptors(media)]

    def isdn_status(self, span):
        text = self.gateway.command("show isdn status")
        found = re.search(rf"^ISDN Serial{span.number}:D.*?(?=^ISDN Serial|\Z)", text,
                          re.MULTILINE | re.DOTALL)
        return found[0] if found else ""

    def records_of(self, span):
        """Of calls that came in on this span, or from SIP to it."""
        peer = str(100 + span.number)
        return [r for r in self.gateway.call_records()
                if r["peer_in"] == peer or (r["peer_in"] == "200" and r["peer_out"] == peer)]


class ScriptRun:
    def __init__(self, stage, span, path, variables):
        self.stage, self.span = stage, span
        self.name = path.stem
        self.script = stage.folder / f"{self.name}-on-{span.number}.script"
        variables = {"SPAN": span.number, "TO": f"2{span.number}", **variables}
        self.script.write_text("".join(f"set {name} {value}\n" for name, value in variables.items())
                               + f"include {path}\n")
        self.talker = self.listener = self.memory = None
        self.rtp_port = free_port()
        span.records_seen = len(stage.records_of(span))
        self.call = None

    def play(self, seconds):
        side = ["--user"] if self.span.side == "user" else []
        child = subprocess.Popen(
            [BUILD / "sipspan-exchange", "--listen", f"127.0.0.1:{self.span.port}", "--peer",
             f"127.0.0.1:{self.span.gateway_port}", "--quiet", *side, "--jitter", "4", "--script", self.script],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            errors="replace", process_group=0)
        timer = threading.Timer(seconds, child.kill)
        timer.start()
        said = []
        try:
            for line in child.stdout:
                said.append(line)
                if line.startswith("? "):
                    child.stdin.write(self.answer(line[2:].strip()) + "\n")
                    child.stdin.flush()
        except BrokenPipeError:
            said += child.stdout.readlines()
        finally:
            timer.cancel()
            child.stdin.close()
            child.wait()
        text = "".join(said)
        if child.returncode:
            raise Failure(f"{self.script.name} ended with {child.returncode}:\n{text}\n"
                          f"--- gateway\n{self.stage.gateway.tail(60)}")
        return text

    def answer(self, question):
        try:
            order, *values = question.split()
            if order == "sip":
                order, *values = values
            getattr(self, f"on_{order}")(*values)
            return "ok"
        except Exception as error:  # the script tells it, with its line
            return " ".join(f"{type(error).__name__}: {error}".split())[:400]

    # ---- what scripts ask

    def prefixes(self):
        return f"1{self.span.number}", f"2{self.span.number}"

    def sip_calls(self, open_only=True):
        return self.stage.phone.calls_of(self.prefixes(), open_only)

    def on_call(self, number, caller="4085550100"):
        self.call = self.stage.phone.dial(f"1{self.span.number}{number}", caller, self.rtp_port)

    def on_status(self, status):
        self.stage.phone.wait_for_status(self.call, int(status))

    def on_answer(self):
        call = wait_until("SIP call that rings",
                          lambda: [c for c in self.sip_calls() if c.incoming and c.state != "up"])[-1]
        self.stage.phone.answer(call)

    def on_respond(self, status, described=None):
        call = [c for c in self.sip_calls() if c.incoming][-1]
        if status == "200":
            self.stage.phone.answer(call)
        else:
            self.stage.phone.respond(call, int(status), bool(described))

    def on_seen(self, status, how):
        status = int(status)
        self.stage.phone.wait_for_status(self.call, status)
        if (status in self.call.described) != (how == "described"):
            raise Failure(f"{status} is not {how}")

    def on_adds(self, kind, name, *value):
        self.stage.phone.added.setdefault(kind, []).append(f"{name}: {' '.join(value)}")

    def on_has(self, kind, name, *regex):
        call = wait_until(f"{kind}", lambda: [c for c in self.sip_calls(False) if kind in c.heard])[-1]
        values = call.heard[kind].all(name.lower())
        if not any(re.search(" ".join(regex), value) for value in values):
            raise Failure(f"{kind} has {name} {values}")

    def on_never(self, status):
        if int(status) in self.call.statuses:
            raise Failure(f"SIP status {self.call.statuses}")

    def on_refused(self, status, cause):
        wait_until(f"end of the call ({self.call.statuses})", lambda: self.call.state == "ended")
        if self.call.statuses[-1] != int(status) or not re.search(rf"Q.850;cause={cause}\b", self.call.reason):
            raise Failure(f"SIP status {self.call.statuses}, Reason {self.call.reason!r}, expected {status} "
                          f"with cause {cause}")

    def on_sent_on(self, number):
        contact = self.call.last.get("contact")
        if not contact.startswith(f"<sip:{number}@"):
            raise Failure(f"Contact {contact!r}, expected {number}")

    def on_listen(self):
        self.listener = RtpEnds([RtpEnd(self.call.rtp_port)]).__enter__()

    def on_rings(self):
        end, = self.listener.ends
        try:
            wait_until("half a second of audio", lambda: len(end.octets()) >= 4000)
            sound = decode(end.octets()[800:])
            levels = [level(sound, hz) for hz in (400, 450, 1000)]
            if min(levels[:2]) < -25 or levels[2] > -40:
                raise Failure(f"no ringback of GB: {levels}")
        finally:
            self.listener.__exit__()

    def on_hangup(self, number=""):
        for call in self.sip_calls():
            if call.number.endswith(number):
                self.stage.phone.hang_up(call)

    def on_talk(self):
        played = encode(read_wav(make_speech(self.stage.folder / "speech.wav")))
        end = RtpEnd(rtp_range()[0], played)
        self.stalls = Stalls().__enter__()
        self.talker = RtpEnds([end]).__enter__()
        self.stage.phone.next_rtp_port = end.port

    def on_heard(self):
        end, = self.talker.ends
        self.talker.__exit__()
        self.stalls.__exit__()
        late_ms = max(self.stalls.late_ms, self.talker.late_ms)
        assert len(end.heard) >= 50 and end.lost() == 0, f"{len(end.heard)} packets heard, {end.lost()} lost"
        assert end.longest_silence_ms() < 100 + 4 * late_ms, f"{end.longest_silence_ms():.0f} ms of silence"
        if late_ms < STALL_MS:  # else the pseudowire slips, which is not what is looked for here
            played = (end.play * (end.sent * FRAME // len(end.play) + 1))[: end.sent * FRAME]
            assert_all_heard(played, end.octets(), "the call that is up", late_ms)

    def on_memory(self, flat=None):
        now = self.stage.resources()
        if not flat:
            self.memory = now
        elif not is_flat(self.memory, now):
            raise Failure(f"memory and descriptors were {self.memory}, are {now}")

    def on_ready(self):
        self.span.ready.set()

    def on_other(self, what):
        other = self.stage.spans[self.stage.spans.index(self.span) + 1]
        if what == "idle":
            wait_until(f"idle span {other.number}", lambda: self.is_idle(other), 15, 0.05)
        elif not other.ready.wait(20):
            raise Failure(f"the script of span {other.number} is not ready")

    def on_finished(self):
        if not self.stage.finished.wait(200):
            raise Failure("the test did not say that it is over")

    def on_cleared(self):
        wait_until("idle gateway", lambda: not self.sip_calls() and self.is_idle(), 15, 0.05)
        self.span.records_seen = len(self.stage.records_of(self.span))

    def on_up(self, number=None):
        if number is None:
            wait_until("layer 2 of the gateway", lambda: "\n    up" in self.stage.isdn_status(self.span), 15, 0.05)
        else:
            wait_until(f"answered calls to {number}", lambda: all(
                call.state == "up" for call in self.sip_calls() if call.number.endswith(number)))

    def on_ended(self, cause=None):
        wait_until("end of the SIP calls", lambda: not self.sip_calls(), 15)
        last = self.sip_calls(False)[-1]
        if cause and not re.search(rf"cause={cause}\b", last.reason):
            raise Failure(f"the SIP call ended with status {last.status} and Reason {last.reason!r}, "
                          f"expected cause {cause}")

    def records(self, count):
        """The records of this span, `count` of them new."""
        wanted = self.span.records_seen + count
        wait_until(f"{count} call records", lambda: len(self.stage.records_of(self.span)) >= wanted, 10)
        found = self.stage.records_of(self.span)
        new, self.span.records_seen = len(found) - self.span.records_seen, len(found)
        if new != count:
            raise Failure(f"{new} call records, expected {count}")
        return found

    def is_idle(self, span=None):
        status = self.stage.isdn_status(span or self.span)
        return "\n    up" in status and "Layer 3: 0 calls" in status and "30 of 30 idle" in status

    def on_gone(self, count):
        self.records(int(count))
        self.span.records_seen -= int(count)  # `idle` will count them

    def on_idle(self, count, cause=None):
        try:
            wait_until("idle gateway", self.is_idle, 15, 0.03)
        except Failure:
            raise Failure(f"the gateway is not idle: {self.stage.isdn_status(self.span)}") from None
        wait_until("end of the SIP calls", lambda: not self.sip_calls(), 5)
        records = self.records(int(count))
        if cause and records[-1]["cause"] != cause:
            raise Failure(f"the call record has cause {records[-1]['cause']}, expected {cause}")
