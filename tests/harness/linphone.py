# SPDX-License-Identifier: GPL-2.0-or-later
"""linphonec without sound card or screen: plays a WAV file, records what it hears, does what is typed."""

import re
import subprocess

from .process import Failure, Process, free_port, wait_until

RTP_PORTS = 16  # two for each call: calls that have the same one take it from each other
_CONFIG = """\
[sip]
sip_port={udp}
sip_tcp_port={tcp}
sip_tls_port={tls}
bind_address={address}
contact="{user}" <sip:{user}@{address}>
root_ca={roots}
verify_server_certs={verify}
verify_server_cn={verify}
guess_hostname=0
use_ipv6=0
register_only_when_network_is_up=0
auto_net_state_mon=0
lime=0
publish_presence=0
use_rfc2833=1
use_info=0
[rtp]
audio_rtp_port={rtp}-{rtp_last}
audio_jitt_comp=100
audio_adaptive_jitt_comp_enabled=0
[net]
mtu=1300
firewall_policy=0
nat_policy_ref=
[sound]
echocancellation=0
agc=0
[video]
enabled=0
capture=0
display=0
[misc]
{conferences}file_transfer_server_url=
version_check_url_root=
config-uri=
{codecs}"""
_CODEC = """[audio_codec_{n}]
mime={name}
rate=8000
enabled=1
"""
_FRIEND = """\
[friend_{n}]
url=<sip:{number}@{registrar}>
pol=accept
subscribe=1
"""
_ACCOUNT = """\
[proxy_{n}]
reg_proxy=<sip:{registrar};transport={transport}>
reg_route=<sip:{registrar};transport={transport};lr>
reg_identity=sip:{user}@{domain}
reg_expires={expires}
reg_sendregister=1
publish=0
{factory}[auth_info_{n}]
username={user}
userid={user}
passwd={password}
"""


class Account:
    """Where it registers (address:port), and who it is there. domain: of its own URI. factory: the number there
    with which linphone begins a conference; without one it mixes by itself."""

    def __init__(self, registrar, password="", domain=None, expires=60, factory=None):
        self.registrar, self.password, self.expires, self.factory = registrar, password, expires, factory
        self.domain = domain or registrar.rpartition(":")[0]


class Linphone(Process):
    """play: WAV, from the beginning of each call and again when it ends. user: the number it answers to.
    transport: udp, tcp or tls, in which it registers and calls; by tls it is called by connections that it made
    alone. roots: PEM of those whom it believes by tls, and then by name too. identity: its own Certificate.
    With an Account it is registered when start() returns, unless wait is false; second: one that is registered
    too, and that it calls by after use_account(1). watched: numbers there whose presence it subscribes to; it says
    "Friend ... is On the phone"."""

    stdin = subprocess.PIPE

    def __init__(self, folder, play, name="linphone", user=None, transport="udp", account=None, roots=None,
                 identity=None, answer="auto", wait=True, codecs=("PCMA", "PCMU"), second=None, watched=()):
        self.user, self.transport, self.account, self.wait_registered = user or name, transport, account, wait
        self.home, self.play = folder / name, play
        self.recording = self.home / "heard.wav"
        self.port, rtp = free_port(), free_port(RTP_PORTS)
        for room in (".config/linphone", ".local/share/linphone", "linphone"):
            (self.home / room).mkdir(parents=True, exist_ok=True)
        config = self.home / "linphonerc"
        ports = {kind: self.port if kind == transport else 0 for kind in ("udp", "tcp", "tls")}
        text = _CONFIG.format(
            codecs="".join(_CODEC.format(n=n, name=codec) for n, codec in enumerate(codecs)), **ports, address="127.0.0.1",
                              user=self.user, roots=roots or "/dev/null",
                              conferences="conference_type=remote\n" if account and account.factory else "", verify=1 if roots else 0, rtp=rtp, rtp_last=rtp + RTP_PORTS - 1)
        if identity:
            text = text.replace("[rtp]", f"client_cert_chain={identity.path}\nclient_cert_key={identity.key}\n[rtp]", 1)
        if account:
            text = text.replace("[sip]", "[sip]\ndefault_proxy=0", 1)
        for n, one in enumerate(filter(None, (account, second))):
            text += _ACCOUNT.format(n=n, registrar=one.registrar, transport=transport, user=self.user,
                                    domain=one.domain, expires=one.expires, password=one.password,
                                    factory=f"conference_factory_uri=sip:{one.factory}@{one.registrar}\n" if one.factory else "")
        for n, number in enumerate(watched):
            text += _FRIEND.format(n=n, number=number, registrar=account.registrar)
        config.write_text(text)
        super().__init__(name, folder, "linphonec", "-c", config, *(["-a"] if answer == "auto" else []),
                         "-d", "0", env={"HOME": str(self.home), "XDG_CONFIG_HOME": str(self.home),
                                         "XDG_DATA_HOME": str(self.home)})

    def start(self):
        super().start()
        for line in ("soundcard use files", f"play {self.play}", f"record {self.recording}"):
            self.command(line)
        self.wait_for_line("linphonec> ")
        if self.account and self.wait_registered:
            self.wait_until_registered()
        return self

    def stop(self):
        """It unregisters."""
        if self.running():
            self.command("quit")
            self.wait(10)
        return super().stop()

    def command(self, text):
        """Types a line; returns where in the output its answer will be."""
        at = len(self.text())
        self.child.stdin.write(f"{text}\n".encode())
        self.child.stdin.flush()
        return at

    def wait_until_registered(self, seconds=10.0):
        def look():
            at = self.command("status register")
            return "identity" in self.wait_for_line(r"^registered(=-?\d|, identity)", after=at)[0]
        wait_until(f"registration of {self.name}", look, seconds, 0.1)

    def use_account(self, n):
        """For its calls: 0 the first, 1 the second."""
        self.command(f"proxy use {n}")

    def position(self):
        """In what has happened."""
        return len(self.text())

    def call(self, uri, seconds=15.0):
        """Calls and waits for the answer; returns its number of the call."""
        at = self.command(f"call {uri}")
        return self.wait_for_answer(seconds, at)

    def wait_for_answer(self, seconds=15.0, after=0):
        found = self.wait_for_line(r"Call (\d+) with .* (connected|error|ended.*)", seconds, after)
        if found[2] != "connected":
            raise Failure(f"{self.name}: no answer:\n{self.tail()}")
        return int(found[1])

    def wait_for_call(self, seconds=15.0, after=0):
        """One that comes in; returns its number."""
        return int(self.wait_for_line(r"Receiving new incoming call from .*, assigned id (\d+)", seconds, after)[1])

    def answer(self):
        """The call that rings."""
        self.wait_for_answer(after=self.command("answer"))

    def wait_for_end(self, seconds=15.0, after=0):
        return self.wait_for_line(r"Call \d+ with .* (ended|error)", seconds, after)

    def hang_up(self):
        self.wait_for_end(after=self.command("terminate"))

    def hold(self, call):
        """The call that is up."""
        self.wait_for_line(f"Call {call} with .* is now paused", after=self.command("pause"))

    def resume(self, call):
        self.wait_for_line(f"Media streams established with .* for call {call} ", after=self.command(f"resume {call}"))

    def transfer(self, call, where):
        """A number of a call of its own, or a URI."""
        self.command(f"transfer {call} " + (f"--to-call {where}" if isinstance(where, int) else where))

    def send_digits(self, digits):
        self.command(digits)

    def digits(self):
        """DTMF digits that came in."""
        return "".join(re.findall(r"Receiving tone (\S) from", self.text()))

    def all_heard(self):
        return [self.recording] if self.recording.exists() else []

    def heard(self):
        """What the far ends said, all calls in one file; whole when it has ended."""
        if not self.recording.exists():
            raise Failure(f"{self.name} recorded nothing:\n{self.tail()}")
        return self.recording

    def heard_seconds(self):
        """How much of it is written."""
        return self.recording.stat().st_size / 16000 if self.recording.exists() else 0
