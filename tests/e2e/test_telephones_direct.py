# SPDX-License-Identifier: GPL-2.0-or-later
"""Telephones of two makes that are registered at the gateway send each other their audio themselves."""

import shutil

import pytest

from harness.gateway import Gateway
from harness.linphone import Account
from harness.process import wait_until
from harness.site import Site

pytestmark = pytest.mark.skipif(not shutil.which("linphonec") or not shutil.which("baresip"),
                                reason="linphone-cli or baresip is not installed")
POOL = """\
voice register global
 mode registrar
voice register pool 1
 id network 127.0.0.1 mask 255.255.255.255
 number 1 200.
"""


@pytest.mark.audio
@pytest.mark.usefixtures("known_leaks")
def test_linphone_and_baresip(folder, spans):
    """Both hear each other past the gateway."""
    with Gateway(folder, *spans, pots_pattern="9T", voip_pattern="7T", listen_lines="registrar server",
                 blocks=POOL) as gateway, Site(folder) as people:
        wait_until("console", gateway.listens)
        desk, hall = people.telephones(Account(f"127.0.0.1:{gateway.sip_port}"), numbers=("2001", "2003"))
        desk.call("2003")
        gateway.wait_for_calls(1)
        wait_until("direct", lambda: "direct, between" in gateway.command("show call active"), 10, 0.1)
        people.talk(("2001", "2003"), ("2003", "2001"))
        assert "direct, between" in gateway.command("show call active")
        desk.hang_up()
        gateway.wait_for_calls(0)
        assert gateway.call_records(1)[0]["services"] == "media-direct"
        people.assert_all_heard()
