#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The second half of scripts/demo: everything is installed and built."""

import argparse
import fcntl
import ipaddress
import shutil
import signal
import socket
import sys
from contextlib import ExitStack
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from harness.baresip import Baresip  # noqa: E402
from harness.exchange import Exchange  # noqa: E402
from harness.gateway import Gateway  # noqa: E402
from harness.process import BUILD, Failure, free_port, wait_until  # noqa: E402
from harness.speech import make_speech, read_wav  # noqa: E402

from compare import compare  # noqa: E402

MIN_CORRELATION = 0.999
FOLDER = BUILD / "demo"

SUBSCRIBERS = """\
    0001 echoes what you say      0002 plays a tone        0003 is busy
    0004 rings for ever           0005 is unallocated      0008 is an announcement
    0009 sends your digits back   0010 hangs up after 2 s"""


def say(text):
    print(f"==> {text}", flush=True)


def sip_port_from(address, first):
    """The first free port of 5060, 5062, ..."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    for port in range(first, first + 200, 2):
        try:
            for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM):
                with socket.socket(family, kind) as probe:
                    if kind == socket.SOCK_STREAM:
                        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                    probe.bind((address, port))
            return port
        except OSError as error:
            if error.errno == 99:
                raise Failure(f"{address} is no address of this machine") from None
    raise Failure(f"no free SIP port on {address} between {first} and {first + 200}")


def start(stack, address):
    """Exchange and gateway, joined by a pseudowire."""
    spans = free_port(), free_port()
    exchange = stack.enter_context(Exchange(FOLDER, spans[1], spans[0]))
    trusted = []
    if not ipaddress.ip_address(address).is_loopback:
        trusted = [str(ipaddress.ip_network(f"{address}/{64 if ':' in address else 24}", strict=False))]
    gateway = stack.enter_context(Gateway(
        FOLDER, *spans, addresses=(address,), sip_port=sip_port_from(address, 5060), trusted=trusted))
    gateway.wait_until_up(exchange)
    say(f"an exchange and the gateway are up, joined by an E1 over UDP: 127.0.0.1:{spans[0]} and "
        f":{spans[1]}")
    if trusted:
        say(f"SIP calls are taken from {trusted[0]} and this machine")
    return exchange, gateway


def uri(gateway, number):
    host, port = gateway.target
    return f"sip:{number}@{f'[{host}]' if ':' in host else host}:{port}"


def place_call(gateway, address):
    """Calls the echo; returns whether call and audio were right."""
    speech = make_speech(FOLDER / "speech.wav")
    say(f"baresip calls {uri(gateway, '0001')} and says two sentences")
    with Baresip(FOLDER, speech, codecs="pcma", address=address, user="4085550100") as phone:
        phone.dial(uri(gateway, "0001"))
        phone.wait_for_event("CALL_CLOSED", 40)
        heard = phone.heard()
    record = gateway.call_records(1)[-1]
    say("the call, message by message")
    wait_until("end of the call on the ISDN side",
               lambda: "RELEASE" in gateway.command(f"show call history {record['call_id']}"), 3)
    print(gateway.command(f"show call history {record['call_id']}"), flush=True)
    result = compare(read_wav(speech), read_wav(heard), "alaw")
    if "error" in result:
        say(f"audio: {result['error']}")
        return False
    right = result["correlation"] >= MIN_CORRELATION and result["lost_ms"] == 0
    say(f"audio: the speech came back after {result['delay_ms']:.0f} ms (phone's buffers included); "
        f"correlation {result['correlation']:.5f} with what G.711 alone gives, {result['lost_ms']} of "
        f"{result['active_ms']} ms lost, level {result['level_db']:+.2f} dB: "
        f"{'right' if right else 'WRONG'}")
    print(f"    played: {speech}\n    heard:  {heard}")
    return right


def stay(gateway):
    say(f"sipspan runs. Call {uri(gateway, '0001')} from a softphone (PCMA or PCMU, no registration)")
    print(f"{SUBSCRIBERS}\n"
          f"    console        {BUILD}/sipspan -s {gateway.socket}\n"
          f"    configuration  {gateway.config}\n"
          f"    log            {gateway.log}\n"
          "    Ctrl-C stops it", flush=True)
    gateway.child.wait()
    raise Failure(f"sipspand ended with {gateway.child.returncode}:\n{gateway.tail()}")


def main():
    parser = argparse.ArgumentParser(prog="scripts/demo")
    parser.add_argument("--once", action="store_true")
    parser.add_argument("--bind", default="127.0.0.1", metavar="ADDR")
    args = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        ipaddress.ip_address(args.bind)
    except ValueError:
        sys.exit(f"demo: --bind {args.bind}: expected an IPv4 or IPv6 address of this machine")
    BUILD.mkdir(exist_ok=True)
    lock = open(BUILD / "demo.lock", "w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        sys.exit("demo: another scripts/demo of this tree is running: stop it with Ctrl-C first")
    shutil.rmtree(FOLDER, ignore_errors=True)
    try:
        with ExitStack() as stack:
            _, gateway = start(stack, args.bind)
            right = place_call(gateway, args.bind)
            if not args.once:
                stay(gateway)
    except KeyboardInterrupt:
        print()
        say("stopped")
        return 0
    except Failure as error:
        sys.exit(f"demo: {error}\ndemo: the logs are in {FOLDER}")
    return 0 if right else 1


if __name__ == "__main__":
    sys.exit(main())
