# SPDX-License-Identifier: GPL-2.0-or-later
"""Supplementary services: a gateway as the user side of an exchange, and as its network side."""

import re

import pytest

from harness.exchange import Exchange
from harness.gateway import Gateway
from harness.process import free_port, wait_until
from harness.sip_phone import SipPhone

ALL = "isdn supp-service hold\nisdn supp-service tbct\nisdn supp-service mcid\nisdn supp-service calldiversion"


class Calls:
    """Calls of a SIP telephone through the gateway to the exchange."""

    def __init__(self, folder, **options):
        spans = free_port(), free_port()
        self.exchange = Exchange(folder, *reversed(spans), name="exchange")
        self.gateway = Gateway(folder, *spans, **options)
        self.phone = SipPhone()
        self.phone.gateway = self.gateway.target
        self.placed = []

    def __enter__(self):
        self.phone.__enter__()
        self.exchange.start()
        self.gateway.start()
        self.gateway.wait_until_up(self.exchange)
        return self

    def __exit__(self, *what):
        for part in (self.gateway, self.exchange, self.phone):
            part.__exit__(*what)

    def place(self, *numbers):
        """They are up until hang_up()."""
        for number in numbers:
            self.placed.append(self.phone.dial(number))
            self.phone.wait_for_status(self.placed[-1], 200)

    def hang_up(self):
        for call in self.placed:
            self.phone.hang_up(call)
        self.placed.clear()

    def record(self, call):
        """Of a call that ends."""
        def look():
            return next((r for r in self.gateway.call_records() if r["call_id"] == call), None)
        return wait_until(f"record of call {call}", look, 10, 0.1)

    def ids(self):
        return re.findall(r"^(\d+) +ACTIVE", self.gateway.command("show call active brief"), re.M)


@pytest.fixture(scope="module")
def line(tmp_path_factory):
    with Calls(tmp_path_factory.mktemp("services"), isdn_lines=ALL) as running:
        yield running


@pytest.fixture
def calls(line):
    yield line
    line.hang_up()
    line.gateway.wait_for_calls(0)


def test_two_calls_are_transferred(calls):
    calls.place("0001", "0002")
    ids = calls.ids()
    calls.gateway.command(f"call transfer {' '.join(ids)}")
    for record in map(calls.record, ids):
        assert (record["cause"], record["services"], record["ended_by"]) == ("16", "transferred", "called")


def test_transfer_without_permission_is_explained(tmp_path):
    with Calls(tmp_path, service_lines="no supplementary-service sip refer") as calls:
        calls.place("0001", "0002")
        ids = calls.ids()
        refused = calls.gateway.command(f"call transfer {' '.join(ids)}", False)
        assert refused.returncode == 1
        assert refused.stdout == ("% Cannot transfer: isdn supp-service of the interface, or "
                                  "supplementary-service sip, does not allow it.\n")
        calls.hang_up()
        assert len(ids) == 2 and not any(calls.record(call)["services"] for call in ids)


@pytest.mark.parametrize("command, says", [
    ("call transfer ID 99", "there is no such call"),
    ("call transfer ID", "it has no leg on that side that can"),
    ("call deflect ID 4711", "the call must have come in and not be answered"),
    ("call mcid 99", "there is no such call"),
    ("mwi 2001 on port 1:D", "the switch type has no such service on this side of the line"),
])
def test_what_cannot_be_is_explained(calls, command, says):
    calls.place("0001")
    refused = calls.gateway.command(command.replace("ID", calls.ids()[0]), False)
    assert refused.returncode == 1 and says in refused.stdout


def test_charge_is_shown_and_recorded(calls):
    calls.place("0011")
    wait_until("charge", lambda: "1 unit so far" in calls.gateway.command("show call active"), 5, 0.05)
    calls.hang_up()
    calls.gateway.wait_for_calls(0)
    before = len(calls.gateway.call_records())
    calls.gateway.command("csim start 0011")  # it waits for the far end's last word
    assert calls.gateway.call_records(before + 1)[-1]["charge"] == "5 units"
