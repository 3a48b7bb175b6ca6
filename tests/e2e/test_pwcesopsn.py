# SPDX-License-Identifier: GPL-2.0-or-later
"""What a span sends is RFC 5086 as tshark's dissector reads it."""

import subprocess

import pytest

from harness.process import BUILD

FIELDS = ["pwcesopsn.cw.lm", "pwcesopsn.cw.rbit", "pwcesopsn.cw.frag", "pwcesopsn.cw.length",
          "pwcesopsn.cw.seqno", "pwcesopsn.payload", "_ws.malformed"]
PACKETS = 8


def write_packets(folder, framing, frames):
    pcap = folder / "packets.pcap"
    subprocess.run([BUILD / "tests/e2e/cesopsn_packets", framing, str(frames), pcap],
                   check=True, timeout=120)
    return pcap


def tshark(pcap, *options):
    run = subprocess.run(["tshark", "-n", "-r", pcap, "-d", "udp.port==2142,pwcesopsn", *options],
                         capture_output=True, text=True, timeout=60)
    assert run.returncode == 0, run.stderr
    return run.stdout


def decode(pcap):
    options = [option for field in FIELDS for option in ("-e", field)]
    lines = tshark(pcap, "-T", "fields", *options).splitlines()
    return [dict(zip(FIELDS, line.split("\t"))) for line in lines]


@pytest.mark.parametrize("framing, timeslots, d_timeslot", [("e1", 31, 16), ("t1", 24, 24)])
@pytest.mark.parametrize("frames", [8, 40, 64])
def test_packets_decode(folder, framing, timeslots, d_timeslot, frames):
    pcap = write_packets(folder, framing, frames)
    packets = decode(pcap)
    assert len(packets) == 2 * PACKETS

    frame = bytes(0x7E if slot == d_timeslot else slot for slot in range(1, timeslots + 1))
    for number, packet in enumerate(packets):
        assert int(packet["pwcesopsn.cw.lm"], 0) == 0
        assert int(packet["pwcesopsn.cw.frag"]) == 0
        assert int(packet["pwcesopsn.cw.length"]) == 0  # 64 octets or more
        assert not packet["_ws.malformed"]
        payload = bytes.fromhex(packet["pwcesopsn.payload"].replace(":", ""))
        assert len(payload) == timeslots * frames
        # first it hears nothing and says so
        assert packet["pwcesopsn.cw.rbit"] == ("1" if number < PACKETS else "0")
        if number >= PACKETS:
            assert payload == frame * frames
    for part in packets[:PACKETS], packets[PACKETS:]:
        numbers = [int(packet["pwcesopsn.cw.seqno"]) for packet in part]
        assert numbers == [(numbers[0] + i) % 65536 for i in range(PACKETS)]

    text = tshark(pcap, "-V")
    assert text.count("CESoPSN basic NxDS0 mode (no RTP support)") == 2 * PACKETS
    for complaint in ("Malformed", "Bad Length", "Bits 0..3", "must be", "Reserved combination"):
        assert complaint not in text


def test_short_packets_carry_their_length(folder):
    packets = decode(write_packets(folder, "e1", 1))
    assert len(packets) == 2 * PACKETS
    for packet in packets:
        assert int(packet["pwcesopsn.cw.length"]) == 35
        assert int(packet["pwcesopsn.cw.lm"], 0) == 0
        assert len(bytes.fromhex(packet["pwcesopsn.payload"].replace(":", ""))) == 31
