# SPDX-License-Identifier: GPL-2.0-or-later
"""Lamps of real telephones in fallback: they watch another telephone and a PSTN port, and each document that they
are sent is as the RFCs have it."""

import re
import shutil
import subprocess
from xml.etree import ElementTree

import numpy as np
import pytest

from harness.baresip import Baresip
from harness.exchange import Exchange
from harness.gateway import Gateway
from harness.linphone import Account, Linphone
from harness.process import free_port, wait_until
from harness.speech import RATE, write_wav
from harness.watcher import DIALOG, Watcher, md5

pytestmark = pytest.mark.skipif(not shutil.which("baresip") or not shutil.which("linphonec"),
                                reason="baresip or linphone-cli is not installed")

REALM = "site.example.com"
LAMP_S = 5.0 + 3.0  # RFC 3856 6.10: one NOTIFY in 5 s
SITE = """\
location store file {folder}/locations
voice register global
 authenticate realm {realm}
 authenticate users file {folder}/phones
voice register pool 1
 id network 127.0.0.1 mask 255.255.255.255
 number 1 200.
call-manager-fallback
 call-manager 1 ipv4:127.0.0.1:{manager}
 keepalive 100ms misses 1
"""


def password(user):
    return f"of-{user}"


def account(site, user):
    return Account(f"127.0.0.1:{site.sip_port}", password(user))


@pytest.fixture
def site(folder, spans):
    """The call manager is gone. baresip 1.0 stops at an algorithm that it does not know: the passwords are hashed for
    MD5 alone."""
    users = ("2001", "2002", "2003", "2004")
    phones = folder / "phones"
    phones.write_text("".join(f"{user}:{{MD5}}" + md5(f"{user}:{REALM}:{password(user)}") + f" {user}\n" for user in users))
    phones.chmod(0o600)
    write_wav(folder / "silence.wav", np.zeros(90 * RATE))
    gateway = Gateway(folder, *spans, listen_lines="registrar server", sip_lines="presence enable", pots_pattern="9T",
                      blocks=SITE.format(folder=folder, realm=REALM, manager=free_port()))
    with gateway:
        wait_until("console", gateway.listens)
        wait_until("fallback", lambda: "Fallback: yes" in gateway.command("show call-manager-fallback"))
        yield gateway


def baresip(site, user, **more):
    return Baresip(site.folder, site.folder / "silence.wav", name=f"baresip-{user}", user=user,
                   accounts=[account(site, user)], **more)


def check(document):
    """It is well-formed, as another parser sees it; returns its root."""
    subprocess.run(["xmllint", "--noout", "-"], input=document.encode(), check=True)
    return ElementTree.fromstring(document)


def expect_dialog(watcher, version, state, remote, full=False):
    """The next document of a watcher of one call."""
    message = watcher.expect("active", f'version="{version}"')
    root = check(message.body)
    assert root.tag == DIALOG + "dialog-info"
    assert root.attrib["entity"] == watcher.uri and root.attrib["state"] == ("full" if full else "partial")
    calls = root.findall(DIALOG + "dialog")
    if state is None:
        assert not calls
        return
    assert [call.find(DIALOG + "state").text for call in calls] == [state]
    if state == "terminated":
        return
    assert calls[0].attrib["direction"] == "recipient"
    assert remote in calls[0].find(f"{DIALOG}remote/{DIALOG}identity").text
    assert watcher.line in calls[0].find(f"{DIALOG}local/{DIALOG}identity").text


def lamps(phones, line, state, spoken):
    """All show it: baresip as a state, linphone as a line."""
    watch, friend, seen = phones
    wait_until(f"{line} {state} at baresip", lambda: watch.lamp(line) == state, LAMP_S)
    friend.wait_for_line(rf'(?i)Friend .*sip:{re.escape(line)}@.* is {spoken}', LAMP_S, seen.get(line, 0))
    seen[line] = len(friend.text())


def test_lamps_follow_calls_in_fallback(folder, spans, site):
    lines = ("2002", "1%3AD")
    friend = Linphone(folder, folder / "silence.wav", "friend", user="2003", watched=lines, account=account(site, "2003"))
    with baresip(site, "2001", watched=lines) as watch, friend, \
            Watcher(site, "2002", "dialog", "2004", password("2004")) as dialogs, \
            Watcher(site, "2002", "presence", "2004", password("2004")) as documents:
        with baresip(site, "2002", answer="manual") as phone:
            phones = watch, friend, {}
            for watcher in dialogs, documents:
                assert watcher.subscribe().status == 200
            expect_dialog(dialogs, 0, None, None, full=True)
            lamps(phones, "1%3AD", "Offline", "Offline")  # nobody is at the other end of the line yet
            lamps(phones, "2002", "Online", "Online")
            with Exchange(folder, *reversed(spans), "--call", "4085550123", "2002", "--hold", "30"):
                phone.wait_for_event("CALL_INCOMING", 20)
                expect_dialog(dialogs, 1, "early", "sip:4085550123@")
                lamps(phones, "2002", "Busy", "On the phone")
                lamps(phones, "1%3AD", "Busy", "On the phone")
                phone.command("accept")
                expect_dialog(dialogs, 2, "confirmed", "sip:4085550123@")
                phone.hang_up()
                expect_dialog(dialogs, 3, "terminated", None)
                lamps(phones, "2002", "Online", "Online")
        lamps(phones, "2002", "Offline", "Offline")
        documents.expect("active", "<basic>closed</basic>")
        for message in documents.seen_messages:
            root = check(message.body)
            assert root.attrib["entity"] == documents.uri
            assert root.find("{urn:ietf:params:xml:ns:pidf}tuple").attrib["id"]


def test_a_telephone_that_has_not_registered_is_closed(site):
    with Watcher(site, "2002", "presence", "2004", password("2004")) as watcher:
        assert watcher.subscribe().status == 200
        watcher.expect("active", "<basic>closed</basic>")
        with baresip(site, "2002"):
            assert watcher.subscribe().status == 200
            watcher.expect("active", "<basic>open</basic>")


def test_who_may_not_watch_is_refused_and_so_is_what_nobody_knows(site):
    for user, secret, line, event, status in (
            ("9999", None, "2002", "dialog", 403),  # trusted for his address alone
            ("2004", None, "2002", "dialog", 401), ("2004", "guessed", "2002", "presence", 401),
            ("2004", password("2004"), "8888", "dialog", 403),  # no line of ours
            ("2004", password("2004"), "2002", "winter", 489)):
        with Watcher(site, line, event, user, secret) as watcher:
            assert watcher.subscribe().status == status, (user, line, event)


def test_a_gateway_that_is_started_again_is_watched_anew(site):
    with Watcher(site, "2002", "presence", "2004", password("2004")) as watcher, baresip(site, "2002"):
        assert watcher.subscribe().status == 200
        watcher.expect("active", "<basic>open</basic>")
        site.command("reload")
        assert watcher.subscribe().status == 200  # a refresh of what is still there
        watcher.expect("active", "<basic>open</basic>")
        site.kill()
        site.start()
        wait_until("console", site.listens)
        assert watcher.subscribe().status == 481
        watcher.forget()
        assert watcher.subscribe().status == 200
        watcher.expect("active", "<basic>open</basic>")  # its registration has been kept
