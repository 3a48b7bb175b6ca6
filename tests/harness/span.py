# SPDX-License-Identifier: GPL-2.0-or-later
"""The two ends of an E1: two UDP ports of a pseudowire, or two DAHDI spans that are joined back to back."""

import os
from dataclasses import dataclass

import pytest

from .process import free_port

DAHDI = os.environ.get("SIPSPAN_SPANS") == "dahdi"
of_pseudowires = pytest.mark.skipif(DAHDI, reason="about pseudowires, or more spans than the pair of cards")


@dataclass
class Card:
    """A span of DAHDI."""

    number: int


def span_pair():
    """The gateway's end and the exchange's. SIPSPAN_SPANS=dahdi: spans 1 and 2 of scripts/dahdi-vm."""
    if DAHDI:
        return Card(1), Card(2)
    return free_port(), free_port()


def span_driver(span, peer):
    """What stands behind `driver` in the configuration."""
    if isinstance(span, Card):
        return f"dahdi span {span.number}"
    return f"cesopsn listen 127.0.0.1:{span} peer 127.0.0.1:{peer}"


def span_options(span, peer):
    """Options of sipspan-exchange."""
    if isinstance(span, Card):
        return ["--dahdi", span.number]
    return ["--listen", f"127.0.0.1:{span}", "--peer", f"127.0.0.1:{peer}"]
