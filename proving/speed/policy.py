"""Rwanda's policy as a measurement wants it: six events an account, all on day 0."""

from importlib import resources
from pathlib import Path

from proving.speed.portfolio import OPCO

_OPCO = f'opco = "{OPCO}"'
_LAST = '{ sequence = 50, event_type = "TO-DO", days = 0 },'
_SIXTH = '{ sequence = 60, event_type = "CANCEL-REFERRAL", days = 0 },'
_LETTER = '{ sequence = 40, event_type = "LETTER", days = 0 },'
_FIRST = '{ sequence = 10, event_type = "REFER-TO-AGENCY", days = 0 },'
_LETTER_FIRST = '{ sequence = 5, event_type = "LETTER", days = 0 },'


def write(folder: Path, *, opco: str = OPCO, letter_first: bool = False) -> Path:
    """Write an opco's policy and return its folder. With `letter_first` all others wait for the letter."""
    text = (resources.files("writeoff.policy") / "defaults" / "RW.toml").read_text("utf-8")
    head, mark, tail = text.partition("[templates.immediate]")
    tail = tail.replace(_LAST, f"{_LAST}\n    {_SIXTH}", 1)
    if letter_first:
        tail = tail.replace(f"    {_LETTER}\n", "", 1).replace(_FIRST, f"{_LETTER_FIRST}\n    {_FIRST}", 1)
    target = folder / "policies"
    target.mkdir()
    named = head.replace(_OPCO, f'opco = "{opco}"', 1)
    (target / f"{opco}.toml").write_text(named + mark + tail)
    return target
