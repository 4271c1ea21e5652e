"""Message types in the words of people who do not read them all day."""

from collections.abc import Mapping

#: One, and several.
_NOUNS: Mapping[str, tuple[str, str]] = {
    "request-answered": ("answer", "answers"),
    "process-started": ("process started", "processes started"),
    "process-ended": ("ended", "ended"),
    "account-written-off": ("account written off", "accounts written off"),
    "demerit-recorded": ("demerit", "demerits"),
    "letter-requested": ("letter", "letters"),
    "todo-created": ("to-do", "to-dos"),
    "referral-placed": ("referral", "referrals"),
    "referral-changed": ("changed", "changed"),
    "referral-cancelled": ("recalled", "recalled"),
    "referral-paid": ("paid", "paid"),
    "journal-posted": ("journal", "journals"),
    "dead-letter-recorded": ("notice", "notices"),
}


def in_words(messages: Mapping[str, int]) -> str:
    """Return `3 debts referred, 1 recalled`; the order is that of the types above."""
    known = [kind for kind in _NOUNS if messages.get(kind)]
    other = sorted(messages.keys() - _NOUNS.keys())
    parts = [f"{messages[kind]:,} {_NOUNS[kind][messages[kind] != 1]}" for kind in known]
    return ", ".join([*parts, *(f"{messages[kind]:,} {kind}" for kind in other)])
