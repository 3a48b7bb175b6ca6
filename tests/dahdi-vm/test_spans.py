# SPDX-License-Identifier: GPL-2.0-or-later
"""Spans that fall into alarm, go, come back, or cannot be opened. Runs in the guest of scripts/dahdi-vm."""

import fcntl
import os
import re
import struct
import subprocess

import pytest

from harness.exchange import Exchange
from harness.gateway import Gateway
from harness.process import BUILD, Process, run, wait_until
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


def configure():
    run("dahdi_cfg", seconds=60)


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
    configure()
    with Exchange(folder, Card(2), Card(1), name="again") as again:
        gateway.wait_for_line(r"span 1: alarms cleared", 60, mark)
        gateway.wait_for_line(r"trunk 1: in service", 60, mark)
        again.wait_until_up()
        call(folder, gateway, "after")


def test_a_card_goes_and_comes_back(folder, gateway, exchange):
    call(folder, gateway, "before")
    mark = len(gateway.text())
    dynamic(DESTROY, "1:0")
    gateway.wait_for_line(r"span 1: the card is gone", 20, mark)
    refused(folder, gateway, "meanwhile")
    dynamic(CREATE, "1:0")
    gateway.wait_for_line(r"span 1: .*dahdi_cfg", 20, mark)
    configure()
    gateway.wait_for_line(r"span 1: the card is there", 20, mark)
    gateway.wait_for_line(r"trunk 1: in service", 60, mark)
    call(folder, gateway, "after")
    assert gateway.text().count("the card is gone") == 1


def test_dahdi_cfg_may_run_again(folder, gateway, exchange):
    configure()
    wait_until("trunk", lambda: "30 of 30 idle" in gateway.command("show isdn status") and gateway.isdn_up(),
               60)
    call(folder, gateway, "after")
