# SPDX-License-Identifier: GPL-2.0-or-later
"""What the gateway tells a monitoring system: counters over HTTP, SIP statistics, and the local syslog."""

import http.client
import re
import socket

import pytest

from harness.gateway import Gateway
from harness.process import free_port, rtp_range, wait_until
from harness.sip_phone import SipPhone

CONFIG = """\
hostname metrics
controller e1 1
 driver cesopsn listen 127.0.0.1:{near} peer 127.0.0.1:{far}
 clock source line
 pri-group timeslots 1-31
interface serial 1:D
voice service voip
 allow-connections sip to sip
 rtp-port range {rtp[0]} {rtp[1]}
 sip
  bind control address 127.0.0.1
  bind media address 127.0.0.1
  listen-port non-secure {sip}
metrics port {metrics}
dial-peer voice 11 voip
 incoming called-number .
dial-peer voice 20 pots
 destination-pattern 2...
 port 1:D
dial-peer voice 21 voip
 destination-pattern 3...
 session target ipv4:127.0.0.1:{nobody}
"""
SAMPLE = re.compile(r'^(sipspan_[a-z_]+)(?:\{((?:[a-z_]+="[^"\\\n]*",?)*)\})? ([0-9]+)$')


class Site:
    def __init__(self, folder):
        near, far, sip, self.port = free_port(), free_port(), free_port(), free_port()
        self.text = CONFIG.format(near=near, far=far, sip=sip, rtp=rtp_range(), metrics=self.port, nobody=free_port())
        self.gateway = Gateway(folder, near, far, sip_port=sip, text=self.text)

    def ask(self, method="GET", path="/metrics"):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        connection.request(method, path)
        answer = connection.getresponse()
        answer.text = answer.read().decode()
        connection.close()
        return answer

    def samples(self):
        """Every line, read as a collector would; {(name, labels): value}."""
        found, types = {}, set()
        for line in self.ask().text.splitlines():
            if line.startswith("# TYPE "):
                types.add(line.split()[2])
            if line.startswith("#"):
                continue
            match = SAMPLE.match(line)
            assert match, line
            assert match[1] in types, f"{line}: no TYPE before it"
            key = (match[1], match[2] or "")
            assert key not in found, f"{line}: twice"
            found[key] = int(match[3])
        return found


@pytest.fixture
def site(folder):
    site = Site(folder)
    with site.gateway as gateway:
        wait_until("console", gateway.listens)
        yield site


def test_a_refused_call_is_counted_by_peer_cause_and_status(site):
    with SipPhone() as phone:
        phone.gateway = site.gateway.target
        phone.wait_for_status(phone.dial("3001"), 503)  # nobody listens there: cause 38
        phone.wait_for_status(phone.dial("9999"), 404)
    samples = site.samples()
    in_calls = {labels: count for (name, labels), count in samples.items()
                if name == "sipspan_calls_total" and 'peer="11"' in labels}
    assert sum(in_calls.values()) == 2
    assert samples["sipspan_calls_total", 'peer="11",direction="in",cause="1",answered="false"'] == 1
    assert samples["sipspan_calls_total", 'peer="21",direction="out",cause="38",answered="false"'] == 1
    assert samples["sipspan_sip_requests_total", 'method="INVITE",direction="sent"'] == 1
    assert samples["sipspan_sip_requests_total", 'method="INVITE",direction="received"'] == 2
    assert samples["sipspan_sip_responses_total", 'status="404",direction="sent"'] == 1
    assert samples["sipspan_sip_responses_total", 'status="100",direction="sent"'] == 2
    assert samples["sipspan_calls", ""] == 0


def test_channels_and_lines_are_told(site):
    samples = site.samples()
    states = {labels: count for (name, labels), count in samples.items() if name == "sipspan_b_channels"}
    assert set(states) == {f'controller="1",state="{state}"' for state in ("idle", "busy", "out-of-service")}
    assert sum(states.values()) == 30
    assert samples["sipspan_d_channel_up", 'port="1:D"'] == 0
    assert samples["sipspan_media_restarts_total", ""] == 0
    assert 0 == samples["sipspan_media_streams", ""] < samples["sipspan_media_streams_max", ""]


@pytest.mark.parametrize("method,path,status", [
    ("HEAD", "/metrics", 200), ("GET", "/", 404), ("GET", "/metrics/../etc/passwd", 404), ("POST", "/metrics", 405)])
def test_what_else_is_asked(site, method, path, status):
    assert site.ask(method, path).status == status


def test_the_type_is_that_of_prometheus(site):
    answer = site.ask()
    assert answer.status == 200
    assert answer.getheader("Content-Type").startswith("text/plain; version=0.0.4")


def test_idle_connections_keep_nobody_out_and_garbage_harms_nothing(site):
    held = [socket.create_connection(("127.0.0.1", site.port)) for _ in range(12)]
    held[0].sendall(b"\0\xff" * 40000)
    assert site.ask().status == 200
    for connection in held:
        connection.close()
    assert site.ask().status == 200


def test_reload_moves_and_closes_it(site):
    old, site.port = site.port, free_port()
    path = site.gateway.config
    path.write_text(site.text.replace(f"metrics port {old}", f"metrics port {site.port}"))
    site.gateway.command("reload")
    assert site.ask().status == 200
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", old))
    path.write_text(site.text.replace(f"metrics port {old}\n", ""))
    site.gateway.command("reload")
    with pytest.raises(ConnectionRefusedError):
        site.ask()


def test_statistics_are_shown_and_cleared(site):
    with SipPhone() as phone:
        phone.gateway = site.gateway.target
        phone.wait_for_status(phone.dial("9999"), 404)
    text = site.gateway.command("show sip-ua statistics")
    assert re.search(r"^  INVITE +1 +0$", text, re.M), text
    assert re.search(r"^  404 Not Found +0 +1$", text, re.M), text
    site.gateway.command("clear sip-ua statistics")
    assert re.search(r"^  INVITE +0 +0$", site.gateway.command("show sip-ua statistics"), re.M)
