"""Rwanda's policy as the benchmarks want it: six events an account, all on day 0."""

from importlib import resources
from pathlib import Path

_LAST = '{ sequence = 50, event_type = "TO-DO", days = 0 },'
_SIXTH = '{ sequence = 60, event_type = "CANCEL-REFERRAL", days = 0 },'
_LETTER = '{ sequence = 40, event_type = "LETTER", days = 0 },'
_FIRST = '{ sequence = 10, event_type = "REFER-TO-AGENCY", days = 0 },'
_LETTER_FIRST = '{ sequence = 5, event_type = "LETTER", days = 0 },'


def write(folder: Path, *, letter_first: bool = False) -> Path:
    """Write the policy and return its folder. With `letter_first` all the others wait for the letter."""
    text = (resources.files("writeoff.policy") / "defaults" / "RW.toml").read_text("utf-8")
    head, mark, tail = text.partition("[templates.immediate]")
    tail = tail.replace(_LAST, f"{_LAST}\n    {_SIXTH}", 1)
    if letter_first:
        tail = tail.replace(f"    {_LETTER}\n", "", 1).replace(_FIRST, f"{_LETTER_FIRST}\n    {_FIRST}", 1)
    target = folder / "policies"
    target.mkdir()
    (target / "RW.toml").write_text(head + mark + tail)
    return target
