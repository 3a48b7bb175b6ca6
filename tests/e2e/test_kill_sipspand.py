# SPDX-License-Identifier: GPL-2.0-or-later
"""kill -9 of sipspand: what is left is cleared up, and the next one works."""

import os

from harness.gateway import Gateway
from harness.process import wait_until
from harness.sipp import Sipp, ack, bye, call, invite, pause, provisional, recv

CALLS = 3


def alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    with open(f"/proc/{pid}/stat") as file:
        return file.read().rsplit(")", 1)[1].split()[0] != "Z"


def test_the_next_one_clears_up(folder, spans, exchange):
    first = Gateway(folder, *spans).start().wait_until_up(exchange)
    talking = Sipp(folder, [invite(), provisional(), recv(200), ack(), pause(30000), bye(), recv(200)],
                   first.target, "0001", calls=CALLS, name="talking").start()
    try:
        first.wait_for_calls(CALLS)
        wait_until("answer of each call", lambda: exchange.text().count("CONNECT ACK") == CALLS)
        media = first.media_pid()
        said = len(exchange.text())
        first.kill()
        wait_until("end of the media process", lambda: not alive(media), 5)
        assert first.call_records() == []
    finally:
        talking.kill()
    with Gateway(folder, *spans, sip_port=first.sip_port) as second:
        second.wait_until_up()
        records = second.call_records(CALLS)
        assert [record["cause"] for record in records] == ["41"] * CALLS
        assert all(record["called"].endswith("0001") for record in records)
        # the exchange gives its channels up: RESTART, or a link that was set up anew
        wait_until("clearing of the old calls at the exchange",
                   lambda: len(exchange.ended_calls(said)) >= CALLS, 15)
        call(folder, second.target, "0001",
             [invite(), provisional(), recv(200), ack(), pause(200), bye(), recv(200)], name="new")
        assert second.call_records(CALLS + 1)[-1]["cause"] == "16"
        assert not (folder / "sipspand.csv.open").exists() or \
            (folder / "sipspand.csv.open").read_text().count("4085550100") == 0
