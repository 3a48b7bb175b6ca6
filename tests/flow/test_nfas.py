# SPDX-License-Identifier: GPL-2.0-or-later
"""Two T1 with one D channel and its backup between two gateways, an exchange behind each:
exchange A - gateway A = NFAS group = gateway B - exchange B."""

import re
import pytest

from harness.exchange import Exchange
from harness.gateway import Gateway
from harness.process import free_port, rtp_range, wait_until
from harness.wire import Wire

_CONFIG = """\
hostname {name}
controller t1 1
 driver cesopsn listen 127.0.0.1:{group[0][0]} peer 127.0.0.1:{group[0][1]}
 clock source {clock}
 pri-group timeslots 1,24 nfas_d primary nfas_int 0 nfas_group 1
controller t1 2
 driver cesopsn listen 127.0.0.1:{group[1][0]} peer 127.0.0.1:{group[1][1]}
 clock source {clock}
 pri-group timeslots 1-3,24 nfas_d backup nfas_int 1 nfas_group 1
controller e1 3
 driver cesopsn listen 127.0.0.1:{line[0]} peer 127.0.0.1:{line[1]}
 clock source line
 pri-group timeslots 1-31
interface serial 1:D
 isdn switch-type primary-ni
 isdn protocol-emulate {side}
 isdn bchan-number-order ascending
 isdn timer t203 1000
voice service voip
 rtp-port range {rtp[0]} {rtp[1]}
 sip
  bind control address 127.0.0.1
  listen-port non-secure {sip}
dial-peer voice 1 pots
 destination-pattern {to_group}
 incoming called-number .
 no digit-strip
 port 1:D
dial-peer voice 3 pots
 destination-pattern {to_line}
 incoming called-number .
 no digit-strip
 port 3:D
"""


@pytest.fixture(scope="module")
def road(tmp_path_factory):
    folder = tmp_path_factory.mktemp("nfas")
    wire = Wire()
    second = free_port(), free_port()
    groups = [(wire.a, wire.b), second], [(wire.c, wire.d), second[::-1]]
    lines = [(free_port(), free_port()) for _ in range(2)]
    gateways = []
    for i, name in enumerate(("gateway-a", "gateway-b")):
        text = _CONFIG.format(
            name=name, group=groups[i], line=lines[i],
            clock=("internal", "line")[i], side=("network", "user")[i], rtp=rtp_range(), sip=free_port(),
            to_group=("0...$", "9...$")[i], to_line=("9...$", "0...$")[i])
        gateways.append(Gateway(folder, *lines[i], name=name, text=text))
    far = Exchange(folder, *reversed(lines[1]), name="exchange-b")

    def call(*arguments):
        return Exchange(folder, *reversed(lines[0]), "--call", "4085550123", "0001", *arguments,
                        name="exchange-a")

    with wire, far, gateways[0], gateways[1]:
        for gateway in gateways:
            gateway.wait_until_up()
        far.wait_until_up()
        yield gateways, call, wire


def test_calls_take_the_channels_of_both_spans(road):
    (a, b), call, _ = road
    with call("--count", "3", "--rate", "5", "--hold", "2") as caller:
        caller.finish(40)
    history = a.command("show call history")
    for channel in ("1/1", "2/1", "2/2"):
        assert channel in history
    assert "2/1" in b.command("show call history")
    wait_until("idle channels", lambda: re.search(r"2/1-3 +idle", b.command("show isdn status")))


def test_backup_takes_over_and_every_call_survives(road):
    gateways, call, wire = road
    with call("--count", "3", "--rate", "5", "--hold", "15") as caller:
        for gateway in gateways:
            wait_until("three calls", lambda: gateway.command("show call active brief").count(
                " ACTIVE ") >= 3, 10, 0.1)
        wire.cut = True
        for gateway in gateways:
            wait_until("the backup is in use", lambda: "2:D is in use" in gateway.text(), 14, 0.1)
        caller.finish(40)  # each was held for its time and cleared as usual
    with call("--count", "2", "--rate", "5", "--hold", "1") as caller:
        caller.finish(40)  # on the span that is left
