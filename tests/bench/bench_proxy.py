#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""bench_proxy.py - what telephones that go through the gateway cost sipspand (outbound-proxy), as ratios to
what the same costs kamailio in its place, and the bare SIP stack as the call manager behind both.

    SIPSPAN_BUILD=$PWD/build tests/bench/bench_proxy.py [REQUESTS]

REGISTERs of a thousand telephones, which the gateway learns and keeps, and calls of one INVITE, ACK and BYE,
go from sipp to bench_echo, with Path and Record-Route, a transaction of each side, and timer C. Kamailio has
one process for UDP; the CPU of all of its processes counts. Times of one run may be compared with each other
only. Exit status 1 if a call was lost.
"""

import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from bench_sip import Echo, call, cpu_ns, lost  # noqa: E402
from harness.gateway import Gateway  # noqa: E402
from harness.kamailio import KAMAILIO  # noqa: E402
from harness.process import Process, free_port, wait_until  # noqa: E402

CONFIG = """\
hostname bench
voice service voip
 sip
  bind control address 127.0.0.1
  bind media address 127.0.0.1
  listen-port non-secure {port}
  registrar server
  no source-limit phones
  no source-limit trusted
voice register global
voice register pool 1
 id network 127.0.0.0 mask 255.0.0.0
 number 1 1...
call-manager-fallback
 call-manager 1 ipv4:127.0.0.1:{manager}
 outbound-proxy
"""
IN_PLACE = """\
debug=0
log_stderror=yes
fork=yes
children=1
disable_tcp=yes
auto_aliases=no
listen=udp:127.0.0.1:{port}
loadmodule "tm.so"
loadmodule "sl.so"
loadmodule "rr.so"
loadmodule "pv.so"
loadmodule "maxfwd.so"
loadmodule "path.so"
loadmodule "siputils.so"
loadmodule "textops.so"
request_route {{
    if (!mf_process_maxfwd_header("70")) {{ sl_send_reply("483", "Too Many Hops"); exit; }}
    if (has_totag()) {{ if (loose_route()) t_relay(); exit; }}
    if (is_method("REGISTER")) add_path(); else record_route();
    remove_hf("Route");
    $du = "sip:127.0.0.1:{manager}";
    t_relay();
}}
"""
REGISTER = """<?xml version="1.0" encoding="UTF-8"?>
<scenario name="register">
<send retrans="500"><![CDATA[
REGISTER sip:127.0.0.1 SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch];rport
From: <sip:[field0]@127.0.0.1>;tag=[pid]t[call_number]
To: <sip:[field0]@127.0.0.1>
Call-ID: [call_id]
CSeq: 1 REGISTER
Max-Forwards: 70
Contact: <sip:[field0]@[local_ip]:[local_port]>
Expires: 3600
Content-Length: 0

]]></send>
<recv response="200"/>
</scenario>
"""
INSIDE = """{method} [next_url] SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch];rport
[routes]
From: <sip:[field0]@127.0.0.1>;tag=[pid]t[call_number]
To: <sip:2001@127.0.0.1>[peer_tag_param]
Call-ID: [call_id]
CSeq: {cseq} {method}
Max-Forwards: 70
Content-Length: 0

]]></send>
"""
CALL = """<?xml version="1.0" encoding="UTF-8"?>
<scenario name="call">
<send retrans="500"><![CDATA[
INVITE sip:2001@127.0.0.1 SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch];rport
From: <sip:[field0]@127.0.0.1>;tag=[pid]t[call_number]
To: <sip:2001@127.0.0.1>
Call-ID: [call_id]
CSeq: 1 INVITE
Max-Forwards: 70
Contact: <sip:[field0]@[local_ip]:[local_port]>
Content-Type: application/sdp
Content-Length: [len]

v=0
o=- 1 1 IN IP4 127.0.0.1
s=-
c=IN IP4 127.0.0.1
t=0 0
m=audio 40000 RTP/AVP 8 0 101
a=rtpmap:101 telephone-event/8000

]]></send>
<recv response="100" optional="true"/>
<recv response="200" rrs="true"/>
<send><![CDATA[
""" + INSIDE.format(method="ACK", cseq=1) + """<send retrans="500"><![CDATA[
""" + INSIDE.format(method="BYE", cseq=2) + """<recv response="200"/>
</scenario>
"""
REQUESTS, RATES = 10000, {"REGISTER": 1000, "call": 300}


class InPlace(Process):
    """Kamailio where the gateway would be."""

    def __init__(self, folder, manager):
        self.sip_port = free_port()
        config = folder / "in-place.cfg"
        config.write_text(IN_PLACE.format(port=self.sip_port, manager=manager))
        super().__init__("kamailio", folder, KAMAILIO, "-f", config, "-DD", "-E", "-m", "256", "-M", "16",
                         "-P", folder / "in-place.pid", "-Y", folder)

    def cpu(self):
        """Of all its processes, ns."""
        family = [self.pid, *map(int, Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split())]
        return sum(map(cpu_ns, family))


def measure(folder, cpu, port, what, count):
    """CPU each in us, and whether all were answered."""
    scenario, users = folder / f"{what}.xml", folder / "users.csv"
    scenario.write_text({"REGISTER": REGISTER, "call": CALL}[what])
    users.write_text("SEQUENTIAL\n" + "".join(f"{number};\n" for number in range(1000, 2000)))
    before = cpu()
    status = call(folder, port, count, "-sf", scenario, "-inf", users, rate=RATES[what])
    return (cpu() - before) / count / 1e3, status


def compare(folder, gateway, other, echo, what, count):
    ours, status = measure(folder, lambda: cpu_ns(gateway.pid), gateway.sip_port, what, count)
    bare, _ = measure(folder, lambda: cpu_ns(echo.child.pid), echo.port, what, count)
    text = f"a proxied {what}: {ours:.0f} us of CPU, {ours / bare:.1f} times bench_echo alone"
    if other:
        theirs, _ = measure(folder, other.cpu, other.sip_port, what, count)
        text += f", {ours / theirs:.1f} times kamailio ({theirs:.0f} us)"
    print(f"{text}; {count}, {RATES[what]} a second, {lost(status)}", flush=True)
    return bool(status)


def main():
    count = int(sys.argv[1]) if len(sys.argv) > 1 else REQUESTS
    failed = False
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        port = free_port()
        with Echo(folder) as echo, Gateway(folder, 0, 0, sip_port=port,
                                           text=CONFIG.format(port=port, manager=echo.port)) as gateway:
            wait_until("console", gateway.listens)
            gateway.wait_for_line("call manager .* is up")
            other = InPlace(folder, echo.port).start() if KAMAILIO else None
            try:
                for what in RATES:
                    failed |= compare(folder, gateway, other, echo, what, count)
            finally:
                if other:
                    other.stop()
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
