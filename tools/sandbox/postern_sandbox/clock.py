# SPDX-License-Identifier: Apache-2.0
"""The sandbox's clock: the wall clock plus what a test has advanced it by, and durations as scenarios write them."""

import re
import time

UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


class Clock:
    def __init__(self):
        self.ahead = 0.0

    def now(self):
        """Unix time in seconds."""
        return time.time() + self.ahead

    def now_ms(self):
        return int(self.now() * 1000)

    def advance(self, seconds):
        self.ahead += seconds


def seconds(value):
    """A duration in seconds: a number, or text such as "250ms", "2s", "25h", "7d"."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return float(value)
    match = re.fullmatch(r"\s*([0-9.]+)\s*(ms|s|m|h|d)\s*", str(value))
    if not match:
        raise ValueError(f'{value!r} is not a duration: write a number of seconds or e.g. "250ms", "2s", "25h", "7d"')
    return float(match[1]) * UNITS[match[2]]


def rfc3339(unix):
    """UTC with milliseconds."""
    whole = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(unix))
    return f"{whole}.{int(unix * 1000) % 1000:03d}Z"
