# SPDX-License-Identifier: GPL-2.0-or-later
"""The scripted exchange on the other end of the gateway's span."""

import re

from .process import BUILD, Failure, Process, wait_until
from .span import span_options


class Exchange(Process):
    """Subscribers only, or with arguments such as "--call", from, to: the caller of calls too."""

    def __init__(self, folder, span, peer_span, *arguments, name="exchange"):
        super().__init__(name, folder, BUILD / "sipspan-exchange", *span_options(span, peer_span),
                         *arguments)

    def finish(self, seconds=60.0):
        """Waits for its calls; fails unless all went as asked."""
        status = self.wait(seconds)
        if status != 0:
            raise Failure(f"the exchange ended with {status}:\n{self.tail(60)}")
        return self.text()

    def wait_until_up(self):
        """Its end of the D channel."""
        return self.wait_for_line("layer 2 up", 15)

    def ended_calls(self, after=0):
        """(channel, cause) of each call that ended, behind position `after` of its output."""
        return re.findall(r"(\d+/\d+): call ended, cause (\d+)", self.text()[after:])

    def wait_for_calls_to_end(self):
        """All that it has been called with."""
        def idle():
            said = self.text()
            return len(re.findall(r": call from ", said)) == len(re.findall(r": call ended, ", said))
        wait_until(f"end of the calls to {self.name}", idle)

    def __exit__(self, kind, value, trace):
        super().__exit__(kind, value, trace)
        if kind is None and "Sanitizer" in self.text():
            raise Failure(self.tail(60))
