"""Latency at low load: from publishing a request until its letter is in the letter's queue, one at a time."""

import time

from benchmarks.installation import Installation
from proving.speed.installation import command
from proving.speed.measuring import REQUEST_KEY
from proving.speed.portfolio import single_requests
from workers.brokers import connect_inbound, connect_outbound

_LETTERS = "letter"
#: A request that has no letter by then is an error of the benchmark's.
_LONGEST_SECONDS = 30.0
#: Between one letter and the next request: what follows the letter is done by then, and nobody hurries.
_PAUSE_SECONDS = 0.2
_BYTES = 1_000_000


def measure(place: Installation, name: str, accounts: int) -> list[float]:
    """Publish the requests of loaded accounts one by one; return seconds until each letter."""
    place.empty_queues()
    letters = connect_inbound(place.broker_url, [_LETTERS])
    publisher = connect_outbound(place.broker_url, place.topology)
    found = []
    try:
        for number, body in enumerate(single_requests(name, accounts)):
            started = time.perf_counter()
            publisher.publish([command(str(number), body, REQUEST_KEY)])
            taken = letters.take(1, _BYTES, _LONGEST_SECONDS)
            found.append(time.perf_counter() - started)
            if len(taken) != 1:
                raise RuntimeError(f"{place.name}: no letter within {_LONGEST_SECONDS} s; see {place.folder}")
            letters.acknowledge(taken)
            time.sleep(_PAUSE_SECONDS)
    finally:
        letters.close()
        publisher.close()
    return found
