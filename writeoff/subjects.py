"""What timers are about, where that is more than an account."""

_BETWEEN = "\x1f"


def item_subject(request_id: str, ordinal: int) -> str:
    """Return the subject of an account of a request that waits for its snapshot (R16)."""
    return f"item{_BETWEEN}{request_id}{_BETWEEN}{ordinal}"


def item_subjects(request_id: str) -> tuple[str, str]:
    """Return the bounds of the subjects of a request's accounts: the first is included, the second not."""
    start = f"item{_BETWEEN}{request_id}{_BETWEEN}"
    return start, f"{start}:"  # a colon follows the digits by code point
