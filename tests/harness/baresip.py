# SPDX-License-Identifier: GPL-2.0-or-later
"""baresip without sound card: plays a WAV file, records what it hears, is driven over its control port."""

import json
import os
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
    """play: WAV, 8 kHz; at its end it hangs up. codecs: as baresip names them, the preferred one first. answer:
    auto, manual. user: the number it answers to. accounts: of linphone.Account; it is registered with all of
    them when start() returns, unless wait is false, and calls by the first until use_account(). watched: numbers at
    the first whose presence it subscribes to, see lamp()."""

    def __init__(self, folder, play, name="baresip", codecs="pcma,pcmu", answer="auto",
                 address="127.0.0.1", transport="udp", user=None, accounts=(), wait=True, watched=()):
        self.address, self.transport, self.wait_registered = address, transport, wait
        self.lines = [f"sip:{user or name}@{account.domain}" for account in accounts]
        self.port, self.control_port, rtp = free_port(2), free_port(), free_port(4)
        host = f"[{address}]" if ":" in address else address
        self.home = folder / name
        self.recordings = self.home / "recordings"
        self.recordings.mkdir(parents=True, exist_ok=True)
        config = _CONFIG.format(
            address=address, host=host, prefer_ipv6="yes" if ":" in address else "no", sip=self.port, play=os.path.relpath(play, folder), name=name, rtp=rtp, rtp_last=rtp + 3,
            recordings=f"{name}/recordings",  # relative, as `play`: baresip cuts a long path off
            control=self.control_port)
        if watched:
            config = config.replace("module_app ctrl_tcp.so", "module_app contact.so\nmodule_app presence.so\nmodule_app ctrl_tcp.so")
        (self.home / "config").write_text(config)
        all_of_them = f"answermode={answer};audio_codecs={codecs};ptime=20;dtmfmode=rtpevent\n"
        text = "".join(f'<{line};transport={transport}>;auth_user={user};auth_pass={account.password};'
                       f'outbound="sip:{account.registrar};transport={transport}";regint={account.expires};{all_of_them}'
                       for line, account in zip(self.lines, accounts))
        (self.home / "accounts").write_text(
            text or f"<sip:{user or name}@{host};transport={transport}>;regint=0;{all_of_them}")
        (self.home / "uuid").write_text(f"00000000-0000-4000-8000-{self.port:012d}")
        (self.home / "contacts").write_text("".join(
            f'"{number}" <sip:{number}@{accounts[0].registrar}>;presence=p2p\n' for number in watched))
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
        if self.wait_registered:
            self.wait_until_registered()
        return self

    def wait_until_registered(self):
        def look():
            return self.command("reginfo").count("mOK ") == len(self.lines)
        wait_until(f"registration of {self.name}", look)

    def use_account(self, n):
        """For its calls."""
        self.command("uafind", self.lines[n])

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

    def position(self):
        """In what has happened."""
        return len(self.events)

    def call(self, uri):
        self.dial(uri)

    def wait_for_call(self, seconds=15.0, after=0):
        self.wait_for_event("CALL_INCOMING", seconds, after)

    def answer(self):
        """The call that rings."""
        seen = self.position()
        self.command("accept")
        self.wait_for_event("CALL_ESTABLISHED", after=seen)

    def wait_for_end(self, seconds=15.0, after=0):
        self.wait_for_event("CALL_CLOSED", seconds, after)

    def hang_up(self):
        seen = self.position()
        self.command("hangup")
        self.wait_for_end(after=seen)

    def digits(self):
        """DTMF digits that came in as RFC 4733 events."""
        return "".join(event.get("param", "") for _, event in self.events
                       if event.get("type") == "CALL_DTMF_START")

    def all_heard(self):
        """Recordings of what the far ends said, the newest last."""
        return sorted(self.recordings.glob("*dec*.wav"), key=lambda path: path.stat().st_mtime)

    def heard(self):
        """The newest recording of what the far end said."""
        files = self.all_heard()
        if not files:
            raise Failure(f"{self.name} recorded nothing:\n{self.tail()}")
        return files[-1]
