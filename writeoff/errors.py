"""The one base of our exceptions. Expected outcomes are values (`writeoff.decision`), never exceptions."""


class WriteoffError(Exception):
    """Base of every error that this product raises on purpose; its text is meant for people."""


class AmountMalformed(WriteoffError):
    """An amount is not a decimal string with at most the currency's digits (R17)."""

    def __init__(self, text: str, problem: str) -> None:
        super().__init__(f"amount {text!r}: {problem}")
        self.text = text
        self.problem = problem


class CurrencyUnknown(WriteoffError):
    """A currency code is not an active one of ISO 4217."""

    def __init__(self, currency: str) -> None:
        super().__init__(f"currency {currency!r} is not an active ISO 4217 code")
        self.currency = currency


class PolicyInvalid(WriteoffError):
    """A policy breaks a rule; `problems` lists every one as `path: what is wrong`."""

    def __init__(self, origin: str, problems: tuple[str, ...]) -> None:
        lines = "\n".join(f"  {problem}" for problem in problems)
        super().__init__(f"policy {origin} is not usable:\n{lines}")
        self.origin = origin
        self.problems = problems


class JournalUnbalanced(WriteoffError):
    """A journal's lines do not balance, or one is not above zero: a bug, never posted (R22)."""
