"""What a check found: how often it looked, and each thing that is not as it was promised."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

#: Findings of one check that are kept word for word; the rest is counted.
KEPT = 20


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """One broken promise, in a plain sentence's parts."""

    check: str
    subject: str
    expected: str
    found: str

    def __str__(self) -> str:
        return f"{self.check}: {self.subject}: expected {self.expected}; found {self.found}."


@dataclass(kw_only=True, slots=True)
class Tally:
    """One check: what it promises, how many times it was tried, and what was found."""

    name: str
    promise: str
    trials: int = 0
    failures: int = 0
    findings: list[Finding] = field(default_factory=list)

    def look(self, subject: str, expected: object, found: object, *, ok: bool | None = None) -> None:
        """Try once: `found` must be `expected`, or `ok` says whether it is well."""
        self.trials += 1
        if not (expected == found if ok is None else ok):
            self.failures += 1
            if len(self.findings) < KEPT:
                self.findings.append(
                    Finding(check=self.name, subject=subject, expected=_short(expected), found=_short(found))
                )

    @property
    def bound(self) -> float | None:
        """The rate of failures that this many trials without one exclude with 95 % confidence: 3/n."""
        return 3 / self.trials if self.trials and not self.failures else None


Check = Callable[..., Iterator[Tally]]


def _short(value: object) -> str:
    text = value if isinstance(value, str) else repr(value)
    return text if len(text) <= 400 else f"{text[:400]}..."  # noqa: PLR2004 - a line or four on a terminal
