# SPDX-License-Identifier: GPL-2.0-or-later
"""DAHDI's channels and spans as the driver gives them (dahdi/user.h), without any code of the gateway."""

import ctypes
import fcntl
import os
import select
import time

from .process import Failure

MULAW, ALAW = 1, 2
ON_HOOK, OFF_HOOK = 0, 1  # DAHDI_HOOK
EVENT_ON_HOOK, EVENT_RING_OFF_HOOK = 1, 2
SIGNALLING = {
    0: None,
    1 << 0 | 1 << 13: "fxsls",
    1 << 1 | 1 << 13: "fxsgs",
    1 << 2 | 1 << 13: "fxsks",
    1 << 3 | 1 << 12: "fxols",
    1 << 4 | 1 << 12: "fxogs",
    1 << 5 | 1 << 12: "fxoks",
    1 << 6: "e&m",
    1 << 7: "bchan",
    1 << 7 | 1 << 8 | 1 << 9: "dchan",
    1 << 15: "cas",
}
_ELAST = 500


class _Span(ctypes.Structure):
    _pack_ = 1
    _fields_ = [
        ("number", ctypes.c_int),
        ("name", ctypes.c_char * 20),
        ("description", ctypes.c_char * 40),
        ("alarms", ctypes.c_int),
        ("levels", ctypes.c_int * 2),
        ("errors", ctypes.c_int * 9),
        ("irqmisses", ctypes.c_int),
        ("syncsrc", ctypes.c_int),
        ("configured", ctypes.c_int),
        ("channels", ctypes.c_int),
        ("spans", ctypes.c_int),
        ("line", ctypes.c_int * 2),
        ("texts", ctypes.c_char * 160),
        ("irq", ctypes.c_int),
        ("linecompat", ctypes.c_int),
        ("spantype", ctypes.c_char * 6),
    ]


class _Params(ctypes.Structure):
    _fields_ = [
        ("channel", ctypes.c_int),
        ("span", ctypes.c_int),
        ("timeslot", ctypes.c_int),
        ("signalling", ctypes.c_int),
        ("state", ctypes.c_int * 6),
        ("law", ctypes.c_int),
        ("idlebits", ctypes.c_int),
        ("name", ctypes.c_char * 40),
        ("times", ctypes.c_int * 11),
        ("alarms", ctypes.c_uint32),
    ]


class _Buffers(ctypes.Structure):
    _fields_ = [
        ("write_policy", ctypes.c_int),  # 0: at once
        ("read_policy", ctypes.c_int),
        ("count", ctypes.c_int),
        ("octets", ctypes.c_int),
        ("full", ctypes.c_int * 2),
    ]


class _Dynamic(ctypes.Structure):
    _fields_ = [
        ("driver", ctypes.c_char * 20),
        ("address", ctypes.c_char * 40),
        ("channels", ctypes.c_int),
        ("timing", ctypes.c_int),
        ("span", ctypes.c_int),
    ]


def _order(number, kind, write=True, read=False):
    return (write << 30 | read << 31) | ctypes.sizeof(kind) << 16 | 0xDA << 8 | number


def span(number):
    """What the driver says of a span: alarms, channels, spans (of the whole system), name."""
    answer = _Span(number=number)
    with open("/dev/dahdi/ctl", "rb") as control:
        fcntl.ioctl(control, _order(10, _Span, read=True), answer)
    return answer


def spans():
    """Name, channels and configured channels of each span, by number; nothing without the driver."""
    found = {}
    for number in range(1, 33):
        try:
            answer = span(number)
        except OSError:
            continue
        found[number] = answer.name, answer.channels, answer.configured
    return found


def destroy_spans():
    """All those of the local loop."""
    for address in (f"{pair}:{end}" for pair in range(1, 5) for end in (0, 1)):
        try:
            with open("/dev/dahdi/ctl", "rb") as control:
                order = _order(81, _Dynamic)
                fcntl.ioctl(control, order, _Dynamic(driver=b"loc", address=address.encode()))
        except OSError:
            pass  # there is none


class Channel:
    """An open channel, by its number; for use in a with statement."""

    def __init__(self, number, block=160, buffers=4):
        self.number = number
        self.block = block
        self._events = []
        self.fd = os.open("/dev/dahdi/channel", os.O_RDWR | os.O_NONBLOCK)
        try:
            self._set(38, number)
            params = self.params()
            self.hdlc = SIGNALLING[params.signalling] == "dchan"
            octets = 1024 if self.hdlc else block
            fcntl.ioctl(self.fd, _order(27, _Buffers), _Buffers(0, 0, 32 if self.hdlc else buffers, octets))
        except BaseException:
            os.close(self.fd)
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        os.close(self.fd)

    def _set(self, number, value):
        fcntl.ioctl(self.fd, _order(number, ctypes.c_int), ctypes.c_int(value))

    def params(self):
        answer = _Params()
        fcntl.ioctl(self.fd, _order(5, _Params, read=True), answer)
        return answer

    def hook(self, value):
        self._set(7, value)

    def event(self):
        """The oldest event, 0 if there is none."""
        return self._events.pop(0) if self._events else self._next_event()

    def _next_event(self):
        answer = ctypes.c_int()
        fcntl.ioctl(self.fd, _order(8, ctypes.c_int, write=False, read=True), answer)
        return answer.value

    def await_event(self, expected, seconds=10):
        """Reads events until it is there, and returns those before."""
        before = []
        deadline = time.monotonic() + seconds
        while True:
            event = self.event()
            if event == expected:
                return before
            if event:
                before.append(event)
                continue
            self._poll(select.POLLPRI, deadline, f"event {expected}, only {before}")

    def _poll(self, events, deadline, what):
        poller = select.poll()
        poller.register(self.fd, events)
        if not poller.poll(max(0, deadline - time.monotonic()) * 1000):
            raise Failure(f"channel {self.number}: no {what}")

    def _transfer(self, function, argument):
        """The driver neither reads nor writes while an event waits."""
        while True:
            try:
                return function(self.fd, argument)
            except OSError as error:
                if error.errno != _ELAST:
                    raise
                self._events.append(self._next_event())

    def read(self, seconds=10):
        """A block, or from a D channel a frame with its frame check sequence."""
        self._poll(select.POLLIN, time.monotonic() + seconds, "octets")
        return self._transfer(os.read, 1024 if self.hdlc else self.block)

    def write(self, octets):
        """A block, or on a D channel a frame: the driver puts the frame check sequence in the last two."""
        written = self._transfer(os.write, octets + b"\0\0" if self.hdlc else octets)
        if written != len(octets) + 2 * self.hdlc:
            raise Failure(f"channel {self.number}: {written} of {len(octets)} octets written")
