# SPDX-License-Identifier: GPL-2.0-or-later
"""The gateway: its configuration, its two processes, its console and its call records."""

import csv
import ipaddress
import re
import shutil
import tempfile
from pathlib import Path

from .process import BUILD, Failure, Process, free_port, rtp_range, run, wait_until
from .span import span_driver

_CONFIG = """\
hostname test
controller {framing} 1
 driver {driver}
 clock source {clock}
{group}interface {interface}
 isdn switch-type {switch_type}
 isdn protocol-emulate {side}
{isdn_lines}
voice-port 1:D
 cptone GB
{port_lines}
voice service voip
{service_lines}
 ip address trusted list
  ipv4 127.0.0.1
{trusted}
 rtp-port range {rtp_first} {rtp_last}
 sip
{binds}
  listen-port non-secure {sip}
{listen_lines}
call-record file {records}
dial-peer voice 100 pots
 destination-pattern {pots_pattern}
 incoming called-number .
 port 1:D
dial-peer voice 200 voip
 destination-pattern {voip_pattern}
 incoming called-number .
 session target {target}
 codec g711alaw g711ulaw
 dtmf-relay rtp-nte
{peer_lines}
sip-ua
 transport udp
 transport tcp
{sip_lines}
{blocks}
"""


def trust(network):
    """A line of `ip address trusted list`."""
    network = ipaddress.ip_network(network)
    if network.version == 6:
        return f"  ipv6 {network}"
    return f"  ipv4 {network.network_address} {network.netmask}"


SOCKET_PATH_MAX = 100  # of the 108 that the kernel has


class Gateway(Process):
    """sipspand with one span (span.py). Numbers that fit pots_pattern go to ISDN, those that fit
    voip_pattern to `target` ("ipv4:127.0.0.1:26010")."""

    def __init__(self, folder, span, peer_span, target="ipv4:127.0.0.1:9", name="sipspand",
                 addresses=("127.0.0.1",), framing="e1", side="user", switch_type="primary-net5",
                 peer_lines="", sip_lines="", port_lines="", isdn_lines="", sip_port=None, trusted=(),
                 pots_pattern="....$", voip_pattern="2T", text=None, service_lines="", listen_lines="",
                 blocks=""):
        """service_lines: of `voice service voip`; listen_lines: of `sip` in it. blocks: as they stand, last."""
        self.sip_port = sip_port or free_port()
        self.rtp_ports = rtp_range()
        self.addresses = addresses
        folder.mkdir(parents=True, exist_ok=True)
        self.socket = folder / f"{name}.console"
        if len(str(self.socket)) > SOCKET_PATH_MAX:
            self.socket = Path(tempfile.mkdtemp(prefix="sipspan-")) / "console"
        self.records = folder / f"{name}.csv"
        self.config = folder / f"{name}.conf"
        self.config.write_text(text or _CONFIG.format(
            framing=framing, driver=span_driver(span, peer_span), side=side, switch_type=switch_type,
            group="" if framing == "bri" else f" pri-group timeslots 1-{31 if framing == 'e1' else 24}\n",
            interface="bri 1" if framing == "bri" else "serial 1:D", sip=self.sip_port, records=self.records,
            rtp_first=self.rtp_ports[0], rtp_last=self.rtp_ports[1], target=target,
            isdn_lines="".join(f" {line}\n" for line in isdn_lines.splitlines()).rstrip("\n"),
            port_lines="".join(f" {line}\n" for line in port_lines.splitlines()).rstrip("\n"),
            peer_lines="".join(f" {line}\n" for line in peer_lines.splitlines()).rstrip("\n"),
            sip_lines="".join(f" {line}\n" for line in sip_lines.splitlines()).rstrip("\n"),
            service_lines="".join(f" {line}\n" for line in service_lines.splitlines()).rstrip("\n"),
            listen_lines="".join(f"  {line}\n" for line in listen_lines.splitlines()).rstrip("\n"),
            blocks=blocks, binds=self.binds(), pots_pattern=pots_pattern, voip_pattern=voip_pattern,
            clock="internal" if side == "network" else "line",
            trusted="\n".join(map(trust, trusted))))
        super().__init__(name, folder, BUILD / "sipspand", "-c", self.config, "-s", self.socket)

    def binds(self):
        lines = []
        for address in self.addresses:
            lines.append(f"  bind control address {address}")
            lines.append(f"  bind media address {address}")
        return "\n".join(lines)

    @property
    def target(self):
        return self.addresses[0], self.sip_port

    def command(self, text, check=True):
        """One command of the console."""
        return run(BUILD / "sipspan", "-s", self.socket, *text.split(), check=check)

    def listens(self):
        """Does the console answer?"""
        if not self.running():
            raise Failure(f"{self.name} ended with {self.child.returncode}:\n{self.tail()}")
        return self.socket.exists() and not self.command("show version", False).returncode

    def isdn_up(self):
        status = self.command("show isdn status", False)
        return status.returncode == 0 and re.search(r"Layer 2.*\n.*\bup\b", status.stdout)

    def wait_until_up(self, exchange=None, seconds=15.0):
        """Console, D channel and media are there. exchange: its end of the link is up too; a link that
        one end still sets up is set up once more, and what was said on it is lost."""
        for what, condition in (("console of the gateway", self.listens),
                                ("D channel of the gateway", self.isdn_up),
                                ("media process", self.media_pid)):
            def look():
                if not self.running():
                    raise Failure(f"sipspand ended with {self.child.returncode}:\n{self.tail()}")
                return condition()
            wait_until(what, look, seconds, 0.1)
        if exchange:
            exchange.wait_until_up()
        return self

    def media_pid(self):
        """Of the child that is sipspan-media now; 0 if there is none."""
        children = f"/proc/{self.pid}/task/{self.pid}/children"
        try:
            with open(children) as file:
                for pid in file.read().split():
                    with open(f"/proc/{pid}/comm") as comm:
                        if comm.read().startswith("sipspan-media"):
                            return int(pid)
        except OSError:
            pass
        return 0

    def memory_kb(self):
        """What sipspand's heap has given out; 0 with sanitizers. What is resident comes and goes with it."""
        return int(re.search(r"in use: (\d+) kB", self.command("show memory")).group(1))

    def active_calls(self):
        """How many calls the gateway knows."""
        return int(re.search(r"(\d+)\s+active call", self.command("show call active brief")).group(1))

    def wait_for_calls(self, count, seconds=15.0):
        wait_until("console of the gateway", self.listens, seconds)
        wait_until(f"count of {count} calls", lambda: self.active_calls() == count, seconds, 0.1)

    def call_records(self, count=None, seconds=10.0):
        """Records as dicts. count: waits for as many."""

        def read():
            if not self.records.exists():
                return []
            with open(self.records, newline="") as file:
                return list(csv.DictReader(file))

        if count is not None:
            wait_until(f"{count} call records", lambda: len(read()) >= count, seconds)
        return read()

    def complaints(self):
        """What the sanitizers said, of both processes."""
        return [line for line in self.text().splitlines()
                if re.search("AddressSanitizer|LeakSanitizer|runtime error:", line)]

    def __exit__(self, kind, value, trace):
        was_running = self.running()
        super().__exit__(kind, value, trace)
        if self.socket.parent != self.folder:
            shutil.rmtree(self.socket.parent, ignore_errors=True)
        if kind is None and self.complaints():
            raise Failure(f"{self.name}:\n" + "\n".join(self.complaints()[:20]))
        if kind is None and was_running and self.child.returncode:
            raise Failure(f"{self.name} ended with {self.child.returncode}:\n{self.tail()}")

