# SPDX-License-Identifier: GPL-2.0-or-later
"""Kamailio as a provider: a registrar and proxy that asks for credentials."""

import os
import re
import shutil
import signal
import tempfile
from pathlib import Path

from .process import Failure, Process, free_port, run, wait_until

KAMAILIO = shutil.which("kamailio", path=os.environ.get("PATH", "") + ":/usr/sbin")
REALM, PASSWORD = "provider.test", "secret"

_MODULES = ["tm", "sl", "rr", "pv", "maxfwd", "usrloc", "registrar", "siputils", "textops", "ctl", "auth", "path"]
_CONFIG = """\
debug=2
log_stderror=yes
fork=yes
children=1
tcp_children=1
auto_aliases=no
alias="{realm}"
listen=udp:{address}:{port}
listen=tcp:{address}:{port}
tcp_source_ipv4={address}
{listen_tls}
{modules}
modparam("ctl", "binrpc", "unix:{control}")
modparam("registrar", "min_expires", {min_expires})
modparam("registrar", "max_expires", 3600)
modparam("auth", "algorithm", "{algorithm}")
modparam("auth", "nonce_expire", {nonce_expire})
modparam("auth", "nonce_auth_max_drift", 0)
{more}
request_route {{
    if (!mf_process_maxfwd_header("10")) {{ sl_send_reply("483", "Too Many Hops"); exit; }}
    if (is_method("CANCEL")) {{ if (t_check_trans()) t_relay(); exit; }}
    if (has_totag()) {{
        if (loose_route()) {{
            if (is_gruu()) lookup("location");
            t_relay();
            exit;
        }}
        if (is_method("ACK")) {{ if (t_check_trans()) t_relay(); exit; }}
        sl_send_reply("481", "No such dialog");
        exit;
    }}
    t_check_trans();
    if (is_method("OPTIONS") && $rU == $null) {{ sl_send_reply("200", "Here"); exit; }}
    if (is_method("REGISTER")) {{
        if (!pv_www_authenticate("{realm}", "{password}", "0")) {{ www_challenge("{realm}", "1"); exit; }}
        consume_credentials();
        save("location");
        exit;
    }}
    record_route();
    if (is_method("INVITE") && $fU != "stranger" && !($sp == {trunk} && $fd != "{realm}")) {{
        if (!pv_proxy_authenticate("{realm}", "{password}", "0")) {{ proxy_challenge("{realm}", "1"); exit; }}
        consume_credentials();
    }}
    if (lookup("location")) {{ t_relay(); exit; }}
    $du = "sip:127.0.0.1:{callee}";
    t_relay();
}}
"""


_TLS = """\
loadmodule "tls.so"
modparam("tls", "tls_method", "TLSv1.2+")
modparam("tls", "private_key", "{identity.key}")
modparam("tls", "certificate", "{identity.path}")
modparam("tls", "ca_list", "{roots}")
modparam("tls", "verify_certificate", 1)
modparam("tls", "require_certificate", 1)
"""


class Kamailio(Process):
    """Registers lines, and sends calls for others to `callee`, a port. Everybody but user `stranger` has to
    know PASSWORD in REALM. identity: its Certificate, by which it speaks TLS too, on tls_port, with whom its
    issuer vouches for; calls for others go by TLS then. trunk: `callee` is a gateway, whose calls from others than
    lines need no password."""

    def __init__(self, folder, algorithm="MD5", callee=9, min_expires=10, nonce_expire=300, more="", identity=None,
                 address="127.0.0.1", trunk=False):
        self.address = address
        self.port, self.tls_port = free_port(), free_port() if identity else None
        listen_tls = f"enable_tls=yes\nlisten=tls:127.0.0.1:{self.tls_port}" if identity else ""
        if identity:
            more = _TLS.format(identity=identity, roots=identity.issuer.certificate) + more
            callee = f"{callee};transport=tls"
        self.room = tempfile.TemporaryDirectory(prefix="sipspan-")  # names of sockets are short
        self.control = Path(self.room.name) / "control"
        config = folder / "kamailio.cfg"
        config.write_text(_CONFIG.format(
            realm=REALM, password=PASSWORD, address=address, port=self.port, trunk=callee if trunk else -1, control=self.control, algorithm=algorithm,
            callee=callee, listen_tls=listen_tls, min_expires=min_expires, nonce_expire=nonce_expire, more=more,
            modules="\n".join(f'loadmodule "{name}.so"' for name in _MODULES)))
        super().__init__("kamailio", folder, KAMAILIO, "-f", config, "-DD", "-E", "-m", "32", "-M", "8",
                         "-P", folder / "kamailio.pid", "-Y", folder)

    def start(self):
        super().start()
        try:
            wait_until("kamailio", self._answers)
        except Failure:
            self.kill()
            raise
        return self

    def _answers(self):
        if not self.running():
            raise Failure(f"kamailio ended with {self.child.returncode}:\n{self.tail()}")
        return self.control.exists() and self.contacts() is not None

    def contacts(self):
        """What is registered: {line: address}; None if it does not answer yet."""
        done = run(Path(KAMAILIO).parent / "kamcmd", "-s", f"unix:{self.control}", "ul.dump", check=False)
        if done.returncode:
            return None
        return dict(zip(re.findall(r"AoR: (\S+)", done.stdout), re.findall(r"Address: (\S+)", done.stdout)))

    def stall(self):
        """It says nothing any more, and refuses nothing, as if the network to it were down."""
        os.killpg(self.pid, signal.SIGSTOP)

    def go_on(self):
        """It knows all that it knew."""
        os.killpg(self.pid, signal.SIGCONT)

    def kill(self):
        """Its children as well."""
        if self.running():
            os.killpg(self.pid, signal.SIGKILL)
        self.child.wait(10)
