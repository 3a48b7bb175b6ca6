# SPDX-License-Identifier: GPL-2.0-or-later
"""sipp, with scenarios written as lists of steps: [invite(), recv(100, optional=True), recv(200), ack()].

A caller's call ends on its own steps; an answerer (uas) begins with recv_request("INVITE").
"""

import re
from xml.sax.saxutils import quoteattr

from .process import PATIENCE, Failure, Process, free_port

PCMA, PCMU, EVENT = 8, 0, 101
_SDP_NAMES = {PCMA: "PCMA/8000", PCMU: "PCMU/8000", EVENT: "telephone-event/8000"}
_HEAD = """
      Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=z9hG4bK-[pid]-[call_number]-{branch}
      Max-Forwards: 70
      From: {from_}
      To: <sip:[service]@[remote_ip]:[remote_port]>{to_tag}
      Call-ID: [call_id]
      CSeq: {cseq} {method}
      Contact: <sip:test@[local_ip]:[local_port];transport=[transport]>
"""


def sdp(codecs=(PCMA, PCMU, EVENT), port="[media_port]", direction="sendrecv", version=1):
    lines = ["v=0", f"o=test 1 {version} IN IP[local_ip_type] [local_ip]", "s=-",
             "c=IN IP[media_ip_type] [media_ip]", "t=0 0",
             f"m=audio {port} RTP/AVP {' '.join(map(str, codecs))}"]
    lines += [f"a=rtpmap:{codec} {_SDP_NAMES[codec]}" for codec in codecs]
    if EVENT in codecs:
        lines.append(f"a=fmtp:{EVENT} 0-15")
    return "\n".join(lines + ["a=ptime:20", f"a={direction}"])


def _message(first_line, headers, body):
    text = first_line + "\n" + "\n".join(line.strip() for line in headers.strip().splitlines())
    if body:
        text += f"\nContent-Type: application/sdp\nContent-Length: [len]\n\n{body}\n"
    else:
        text += "\nContent-Length: 0\n\n"
    return text


def _send(text, retrans=True):
    flag = ' retrans="500"' if retrans else ""
    return f"<send{flag}><![CDATA[\n{text}\n]]></send>"


def request(method, body="", cseq=2, in_dialog=True, caller="4085550100", extra="", retrans=True):
    """A request of the caller. In a dialog it goes to the far end's Contact."""
    head = _HEAD.format(from_=f"<sip:{caller}@[local_ip]:[local_port]>;tag=[pid]t[call_number]",
                        to_tag="[peer_tag_param]" if in_dialog else "", cseq=cseq, method=method,
                        branch=f"{method}{cseq}")
    uri = "[next_url]" if in_dialog else "sip:[service]@[remote_ip]:[remote_port]"
    route = "[routes]\n" if in_dialog else ""
    return _send(_message(f"{method} {uri} SIP/2.0", head + route + extra, body), retrans)


def invite(body=None, caller="4085550100", extra=""):
    return request("INVITE", sdp() if body is None else body, 1, False, caller, extra)


def ack(cseq=1, body=""):
    return request("ACK", body, cseq, retrans=False)


def ack_refusal(cseq=1, caller="4085550100"):
    """ACK of a final response of 300 or above: Via branch and Request-URI of the INVITE."""
    head = _HEAD.format(from_=f"<sip:{caller}@[local_ip]:[local_port]>;tag=[pid]t[call_number]",
                        to_tag="[peer_tag_param]", cseq=cseq, method="ACK", branch=f"INVITE{cseq}")
    return _send(_message("ACK sip:[service]@[remote_ip]:[remote_port] SIP/2.0", head, ""), False)


def cancel(caller="4085550100", extra=""):
    head = _HEAD.format(from_=f"<sip:{caller}@[local_ip]:[local_port]>;tag=[pid]t[call_number]",
                        to_tag="", cseq=1, method="CANCEL", branch="INVITE1") + extra
    return _send(_message("CANCEL sip:[service]@[remote_ip]:[remote_port] SIP/2.0", head, ""))


def bye(cseq=2):
    return request("BYE", cseq=cseq)


def _checks(headers, body):
    actions = [f'<ereg regexp={quoteattr(pattern)} search_in="hdr" header="{name}:" check_it="true" '
               'assign_to="seen"/>' for name, pattern in headers.items()]
    if body:
        actions.append(f'<ereg regexp={quoteattr(body)} search_in="body" check_it="true" '
                       'assign_to="seen"/>')
    return f"<action>{''.join(actions)}</action>" if actions else ""


def recv(status, optional=False, headers=None, body=None, timeout_ms=10000):
    """Waits for a response. headers: {name: regular expression}; body: a regular expression."""
    flag = ' optional="true"' if optional else f' timeout="{timeout_ms * PATIENCE}"'
    return (f'<recv response="{status}"{flag} rrs="true" crlf="true">'
            f"{_checks(headers or {}, body)}</recv>")


def provisional():
    """Any of 100, 180, 183 may come or not."""
    return "".join(recv(status, optional=True) for status in (100, 180, 183))


def recv_request(method, headers=None, body=None, optional=False, timeout_ms=20000):
    flag = ' optional="true"' if optional else f' timeout="{timeout_ms * PATIENCE}"'
    return f'<recv request="{method}"{flag} rrs="true">{_checks(headers or {}, body)}</recv>'


def recv_ack():
    """The caller's ACK; keeps what bye_as_answerer() needs."""
    keep = "".join(f'<ereg regexp=".*" search_in="hdr" header="{header}:" assign_to="{name}"/>'
                   for header, name in (("From", "calling"), ("To", "called")))
    return f'<recv request="ACK" timeout="{20000 * PATIENCE}" rrs="true"><action>{keep}</action></recv>'


def reply(line, body="", in_dialog=False, extra="", retrans=False,
          contact="Contact: <sip:test@[local_ip]:[local_port];transport=[transport]>"):
    """Answers the last request: reply("180 Ringing"). in_dialog: its To has our tag already."""
    tag = "" if in_dialog or line.startswith("100") else ";tag=[pid]u[call_number]"
    head = f"""
      [last_Via:]
      [last_From:]
      [last_To:]{tag}
      [last_Call-ID:]
      [last_CSeq:]
      [last_Record-Route:]
      {contact}
    """
    return _send(_message(f"SIP/2.0 {line}", head + extra, body), retrans)


def pause(ms):
    return f'<pause milliseconds="{ms}"/>'


def bye_as_answerer(extra=""):
    """BYE from the side that was called, after recv_ack()."""
    head = """
      Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
      Max-Forwards: 70
      From: [$called]
      To: [$calling]
      Call-ID: [call_id]
      CSeq: 1 BYE
    """
    return _send(_message("BYE [next_url] SIP/2.0", head + extra, ""))


class Sipp(Process):
    """One run of sipp. target: (address, port) for a caller, None for an answerer."""

    def __init__(self, folder, steps, target=None, service="0001", transport="udp", name="sipp",
                 calls=1, rate=10, address="127.0.0.1", fields=None, seconds=40, port=None,
                 options=()):
        self.port = port or free_port()
        self.address = address
        folder.mkdir(parents=True, exist_ok=True)
        scenario = folder / f"{name}.xml"
        text = "\n".join(steps)
        names = sorted(set(re.findall('assign_to="(.*?)"', text)))
        if names:
            text += f'\n<Reference variables="{",".join(names)}"/>'
        scenario.write_text('<?xml version="1.0" encoding="ISO-8859-1"?>\n'
                            f'<scenario name="test">\n{text}\n</scenario>\n')
        shown = f"[{address}]" if ":" in address else address
        arguments = ["-sf", scenario, "-i", shown, "-p", self.port, "-m", calls, "-r", rate,
                     "-l", calls, "-mp", free_port(4), "-mi", shown,
                     "-t", {"udp": "u1", "tcp": "t1"}[transport],
                     "-s", service, "-nostdin", "-trace_err", "-trace_msg", "-error_file",
                     folder / f"{name}.errors", "-message_file", folder / f"{name}.messages",
                     "-timeout", f"{seconds * PATIENCE}s", "-timeout_error", "-recv_timeout",
                     seconds * PATIENCE * 1000]
        arguments += options
        if fields:
            table = folder / f"{name}.csv"
            table.write_text("SEQUENTIAL\n" + "".join(f"{';'.join(map(str, row))}\n" for row in fields))
            arguments += ["-inf", table]
        if target:
            host = f"[{target[0]}]" if ":" in target[0] else target[0]
            arguments.append(f"{host}:{target[1]}")
        self.seconds = seconds
        super().__init__(name, folder, "sipp", *arguments, env={"TERM": "dumb"})

    def messages(self):
        path = self.folder / f"{self.name}.messages"
        return path.read_text(errors="replace") if path.exists() else ""

    def finish(self):
        """Waits for all its calls; fails if one did not go as its scenario says."""
        status = self.wait(self.seconds + 10)
        if status != 0:
            errors = self.folder / f"{self.name}.errors"
            said = errors.read_text(errors="replace")[-2500:] if errors.exists() else ""
            raise Failure(f"sipp ended with {status}\n{said}\n--- messages\n{self.messages()[-6000:]}")

    def sent_and_received(self):
        """First lines of all messages, in order, for a test's own look."""
        return re.findall(r"^((?:SIP/2\.0 \d+|[A-Z]+ sips?:).*)$", self.messages(), re.MULTILINE)


def call(folder, target, service, steps, **options):
    """Runs one caller to its end."""
    sipp = Sipp(folder, steps, target, service, **options)
    with sipp:
        sipp.finish()
    return sipp
