"""A clock that is wrong: every look that Python takes at the time of day is so many seconds off.

`libfaketime` would do the same from outside, where it is installed; this needs nothing, and works on every
machine alike. The monotonic clock stays: neither a wrong date nor NTP moves it in life.
"""

import ctypes
import datetime as dt
import gc
import time
from collections.abc import Mapping
from typing import Any

from proving.startup.hooks import CLOCK, hooked


def shifted(environment: Mapping[str, str], seconds: int) -> dict[str, str]:
    """Return an environment whose Python has a wrong clock."""
    return hooked(environment, **{CLOCK: str(seconds)})


def shift_by(seconds: int) -> None:
    """Shift this process's clock, for good."""
    off = dt.timedelta(seconds=seconds)
    now, time_of_day, nanoseconds = dt.datetime.now, time.time, time.time_ns

    def shifted_now(_cls: type, tz: dt.tzinfo | None = None) -> dt.datetime:
        return now(tz) + off

    def shifted_utcnow(_cls: type) -> dt.datetime:
        return (now(dt.UTC) + off).replace(tzinfo=None)

    def shifted_today(cls: type) -> dt.date:
        moment = now() + off
        return moment if issubclass(cls, dt.datetime) else moment.date()

    time.time = lambda: time_of_day() + seconds
    time.time_ns = lambda: nanoseconds() + seconds * 1_000_000_000
    # These types cannot be changed by assignment, and a subclass is not what libraries compare with.
    _replace(dt.datetime, {"now": classmethod(shifted_now), "utcnow": classmethod(shifted_utcnow)})
    _replace(dt.date, {"today": classmethod(shifted_today)})


def _replace(of: type, methods: Mapping[str, Any]) -> None:
    namespace: Any = gc.get_referents(of.__dict__)[0]
    namespace.update(methods)
    ctypes.pythonapi.PyType_Modified(ctypes.py_object(of))
