# SPDX-License-Identifier: GPL-2.0-or-later
"""Spans that fall into alarm, go, come back, or cannot be opened. Runs in the guest of scripts/dahdi-vm."""

import fcntl
import re
import struct
from pathlib import Path

import pytest

from harness.exchange import Exchange
from harness.gateway import Gateway
from harness.process import BUILD, run, wait_until
from harness.sipp import Sipp, ack, ack_refusal, bye, invite, pause, provisional, recv, sdp
from harness.span import Card

CTL = "/dev/dahdi/ctl"


def _iow(number, size, read=0):
    return (1 | read << 1) << 30 | size << 16 | 0xDA << 8 | number


SPECIFY = _iow(38, 4)
CREATE, DESTROY = _iow(80, 72, 1), _iow(81, 72)


def dynamic(request, address):
    """Makes or destroys a span of 31 channels of the driver dahdi_dynamic_loc."""
    with open(CTL, "rb+", buffering=0) as ctl:
        fcntl.ioctl(ctl, request, bytearray(struct.pack("20s40siii", b"loc", address.encode(), 31, 0, 0)))


def device(file, text):
    """An order to the card of span 1: its only span has number 1 there."""
    Path(f"/sys/bus/dahdi_devices/devices/dynamic:loc:0/{file}").write_text(f"{text}\n")


def configure(folder, *spans):
    """dahdi_cfg for spans of the E1 pair that exist: it refuses to make a dynamic span once more."""
    lines = ["loadzone=us", "defaultzone=us"]
    for span in spans:
        first = 31 * span - 30
        b = f"{first}-{first + 14},{first + 16}-{first + 30}"
        lines += [f"bchan={b}", f"dchan={first + 15}", f"alaw={b}"]
    path = folder / "system.conf"
    path.write_text("\n".join(lines) + "\n")
    run("dahdi_cfg", "-c", path, seconds=60)


@pytest.fixture
def spans():
    return Card(1), Card(2)


def call(folder, gateway, name):
    """One call to the subscriber who echoes."""
    with Sipp(folder, [invite(), provisional(), recv(200), ack(), pause(300), bye(), recv(200)],
              gateway.target, "0001", name=name) as sipp:
        sipp.finish()


def refused(folder, gateway, name, status=503):
    with Sipp(folder, [invite(), provisional(), recv(status), ack_refusal()], gateway.target, "0001", name=name) as sipp:
        sipp.finish()


def test_a_span_in_alarm_is_left_and_comes_back(folder, gateway, exchange):
    """The far end of the wire goes: RED. New calls are refused at once, later ones go through."""
    call(folder, gateway, "before")
    exchange.stop()
    mark = len(gateway.text())
    dynamic(DESTROY, "1:1")
    gateway.wait_for_line(r"span 1: alarm .*RED", 20, mark)
    gateway.wait_for_line(r"trunk 1: out of service", 2, mark)
    refused(folder, gateway, "meanwhile")
    dynamic(CREATE, "1:1")
    configure(folder, 2)
    with Exchange(folder, Card(2), Card(1), name="again") as again:
        gateway.wait_for_line(r"span 1: alarms cleared", 60, mark)
        gateway.wait_for_line(r"trunk 1: in service", 60, mark)
        again.wait_until_up()
        call(folder, gateway, "after")


def test_a_card_goes_and_comes_back(folder, gateway, exchange):
    """Pulled in the middle of a call."""
    with Sipp(folder, [invite(), provisional(), recv(200), ack(), pause(60000)], gateway.target, "0001",
              name="held"):
        gateway.wait_for_calls(1)
        mark = len(gateway.text())
        device("unassign_span", "1")
        gateway.wait_for_line(r"span 1: the card is gone", 20, mark)
        gateway.wait_for_line(r"trunk 1: out of service", 2, mark)
        refused(folder, gateway, "meanwhile")
        device("assign_span", "1:1:1")
        configure(folder, 1)
        gateway.wait_for_line(r"span 1: the card is there", 20, mark)
        gateway.wait_for_line(r"trunk 1: in service", 60, mark)
        call(folder, gateway, "after")
    assert gateway.text().count("the card is gone") == 1


def test_dahdi_cfg_may_run_again(folder, gateway, exchange):
    configure(folder, 1, 2)
    wait_until("trunk", lambda: "30 of 30 idle" in gateway.command("show isdn status") and gateway.isdn_up(),
               60)
    call(folder, gateway, "after")


def test_a_channel_in_use_is_named(folder, spans):
    """Once, and the span is taken as soon as it is free."""
    with open("/dev/dahdi/channel", "rb+", buffering=0) as other:
        fcntl.ioctl(other, SPECIFY, struct.pack("i", 5))
        with Exchange(folder, spans[1], spans[0]) as exchange, Gateway(folder, *spans) as gateway:
            gateway.wait_for_line(r"span 1: channel 5 \(timeslot 5 of DAHDI span 1\) is in use by another "
                                  r"program", 20)
            other.close()
            gateway.wait_for_line("span 1: the card is there", 20)
            gateway.wait_until_up(exchange, 60)
            call(folder, gateway, "after")
            assert gateway.text().count("in use by another") == 1


def test_show_dahdi_lists_what_lsdahdi_lists(folder):
    shown = run(BUILD / "sipspan", "show", "dahdi")
    listed = run("lsdahdi")
    channels = re.findall(r"^ +(\d+) \S+ +(Clear|HDLCFCS)", listed, re.MULTILINE)
    words = {"Clear": "bchan", "HDLCFCS": "dchan"}
    assert len(channels) > 60
    for number, signalling in channels:
        assert re.search(rf"^ +{number} timeslot +\d+ \S+ +{words[signalling]} ", shown, re.MULTILINE), number
    first = folder / "first.conf"
    first.write_text(run(BUILD / "sipspan", "configure", "dahdi"))
    run(BUILD / "sipspan", "check", first)


def test_permission_is_named(folder):
    refusal = run("setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups",
                  BUILD / "sipspan", "show", "dahdi", check=False)
    assert refusal.returncode == 1
    assert "no permission to open /dev/dahdi/ctl" in refusal.stdout


def test_modules_may_come_while_the_gateway_runs(folder, spans):
    """Not loaded; loaded without a card; with one that is not configured; configured: each is said."""
    for module in ("dahdi_echocan_mg2", "dahdi_dynamic_loc", "dahdi_dynamic", "dahdi"):
        run("dahdi_cfg", "-s", check=False)
        for number in range(1, 4):
            for end in (0, 1):
                try:
                    dynamic(DESTROY, f"{number}:{end}")
                except OSError:
                    pass
        run("modprobe", "-r", module, check=False)
    refusal = run(BUILD / "sipspan", "show", "dahdi", check=False)
    assert "the DAHDI driver is not loaded" in refusal.stdout, refusal.stdout
    with Gateway(folder, *spans) as gateway:
        gateway.wait_for_line("span 1: the DAHDI driver is not loaded", 20)
        wait_until("console", gateway.listens, 20)
        refused(folder, gateway, "without")
        run("modprobe", "dahdi", "auto_assign_spans=1")
        gateway.wait_for_line("span 1: DAHDI has no span 1", 20)
        assert "No card is there" in run(BUILD / "sipspan", "show", "dahdi")
        run("modprobe", "dahdi_dynamic_loc")
        dynamic(CREATE, "1:0")
        dynamic(CREATE, "1:1")
        gateway.wait_for_line(r"span 1: channel 16 .* is not configured: write dchan=16 into", 20)
        configure(folder, 1, 2)
        with Exchange(folder, spans[1], spans[0]) as exchange:
            gateway.wait_for_line("span 1: the card is there", 20)
            gateway.wait_for_line("trunk 1: in service", 60)
            exchange.wait_until_up()
            call(folder, gateway, "after")
