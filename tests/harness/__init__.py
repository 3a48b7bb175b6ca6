# SPDX-License-Identifier: GPL-2.0-or-later
"""Real parts for tests: the gateway, the exchange, sipp, baresip and RTP streams, on loopback.

Each part is a process (process.py) that is started with `with` or start(), waited for by events with
a deadline, and ended by its own pid. Programs come from the build folder named by SIPSPAN_BUILD.
"""
