# SPDX-License-Identifier: GPL-2.0-or-later
"""baresip without sound card: plays a WAV file, records what it hears, is driven over its control port."""

import json
import re
import socket
import time

from .process import Failure, Process, Worker, free_port, wait_until

_CONFIG = """\
poll_method epoll
sip_listen {host}:{sip}
sip_transports udp,tcp
call_local_timeout 60
call_max_calls 8
audio_path /usr/share/baresip
audio_source aufile,{play}
audio_player aubridge,heard-{name}
audio_alert aubridge,alert-{name}
ausrc_srate 8000
auplay_srate 8000
ausrc_channels 1
auplay_channels 1
audio_level no
rtp_tos 184
rtp_ports {rtp}-{rtp_last}
rtcp_mux no
jitter_buffer_type fixed
jitter_buffer_delay 2-10
rtp_stats yes
net_interface {address}
net_prefer_ipv6 {prefer_ipv6}
module_path /usr/lib/baresip/modules
module g711.so
module aufile.so
module aubridge.so
module sndfile.so
module uuid.so
module_tmp account.so
module_app menu.so
module_app ctrl_tcp.so
module_app debug_cmd.so
snd_path {recordings}
ctrl_tcp_listen 127.0.0.1:{control}
menu_bell no
"""


class Baresip(Process):
    """play: WAV, 8 kHz. codecs: as baresip names them, the preferred one first. answer: auto, manual.
    user: the number it answers to. With a registrar (address:port) it registers there, unless register is false;
    password: of the user. watched: numbers there whose presence it subscribes to, see lamp()."""

    def __init__(self, folder, play, name="baresip", codecs="pcma,pcmu", answer="auto",
                 address="127.0.0.1", transport="udp", user=None, registrar=None, password=None, register=True,
                 watched=()):
        self.address, self.transport = address, transport
        self.port, self.control_port, rtp = free_port(2), free_port(), free_port(4)
        host = f"[{address}]" if ":" in address else address
        self.home = folder / name
        self.recordings = self.home / "recordings"
        self.recordings.mkdir(parents=True, exist_ok=True)
        text = _CONFIG.format(
            address=address, host=host, prefer_ipv6="yes" if ":" in address else "no", sip=self.port, play=play, name=name, rtp=rtp, rtp_last=rtp + 3,
            recordings=f"{name}/recordings",  # relative: baresip cuts a long path off
            control=self.control_port)
        if watched:
            text = text.replace("module_app ctrl_tcp.so", "module_app contact.so\nmodule_app presence.so\nmodule_app ctrl_tcp.so")
        (self.home / "config").write_text(text)
        secret = f";auth_user={user};auth_pass={password}" if password else ""
        (self.home / "accounts").write_text(
            f"<sip:{user or name}@{registrar or host};transport={transport}>{secret};regint={60 if registrar and register else 0};"
            f"answermode={answer};audio_codecs={codecs};ptime=20;dtmfmode=rtpevent\n")
        (self.home / "uuid").write_text(f"00000000-0000-4000-8000-{self.port:012d}")
        (self.home / "contacts").write_text("".join(
            f'"{number}" <sip:{number}@{registrar}>;presence=p2p\n' for number in watched))
        (self.home / "current_contact").write_text("")
        self.events = []  # (time, event), newest last
        self.answers = {}
        self.control = None
        super().__init__(name, folder, "baresip", "-f", self.home, "-s")

    def start(self):
        super().start()

        def connect():
            if not self.running():
                raise Failure(f"{self.name} ended:\n{self.tail()}")
            try:
                return socket.create_connection(("127.0.0.1", self.control_port), 1)
            except OSError:
                return None

        self.control = wait_until(f"control port of {self.name}", connect)
        self.control.settimeout(None)
        self.worker = Worker(self._listen)
        self.worker.start()
        return self

    def __exit__(self, *what):
        super().__exit__(*what)
        self.worker.end()  # its connection is closed

    def _listen(self):
        waiting = b""
        while True:
            try:
                got = self.control.recv(65536)
            except OSError:
                return
            if not got:
                return
            waiting += got
            while b":" in waiting:
                length, _, rest = waiting.partition(b":")
                if len(rest) <= int(length):
                    break
                message, waiting = json.loads(rest[: int(length)]), rest[int(length) + 1 :]
                if message.get("response"):
                    self.answers[message.get("token")] = message
                else:
                    self.events.append((time.monotonic(), message))

    def command(self, command, parameters="", seconds=5.0):
        """Runs one command of baresip's menu; returns its text."""
        token = str(len(self.answers) + 1)
        text = json.dumps({"command": command, "params": parameters, "token": token}).encode()
        self.control.sendall(b"%d:%s," % (len(text), text))
        answer = wait_until(f"answer of {self.name} to {command}",
                            lambda: self.answers.get(token), seconds)
        if not answer.get("ok"):
            raise Failure(f"{self.name} {command} {parameters}: {answer}")
        return answer.get("data", "").strip()

    def wait_for_event(self, kind, seconds=10.0, after=0):
        """Waits for an event such as CALL_ESTABLISHED behind the first `after` events."""

        def look():
            for _, event in self.events[after:]:
                if event.get("type") == kind:
                    return event
                if event.get("type") == "CALL_CLOSED" and kind != "CALL_CLOSED":
                    raise Failure(f"{self.name}: the call ended before {kind}: {event}")
            return None

        return wait_until(f"{kind} of {self.name}", look, seconds)

    def lamp(self, number):
        """What it knows of a number that it watches: Unknown, Online, Offline or Busy."""
        rows = re.sub(r"\x1b\[[0-9;]*m", "", self.command("contacts"))
        return re.search(rf"(\w+)\s+\S* <sip:{re.escape(number)}@", rows)[1]

    def dial(self, uri, seconds=15.0):
        """Calls and waits for the answer."""
        seen = len(self.events)
        self.command("dial", uri)
        return self.wait_for_event("CALL_ESTABLISHED", seconds, seen)

    def hang_up(self):
        self.command("hangup")
        self.wait_for_event("CALL_CLOSED")

    def digits(self):
        """DTMF digits that came in as RFC 4733 events."""
        return "".join(event.get("param", "") for _, event in self.events
                       if event.get("type") == "CALL_DTMF_START")

    def heard(self):
        """The newest recording of what the far end said."""
        files = sorted(self.recordings.glob("*dec*.wav"), key=lambda path: path.stat().st_mtime)
        if not files:
            raise Failure(f"{self.name} recorded nothing:\n{self.tail()}")
        return files[-1]
