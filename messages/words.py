"""Closed sets of words that more than one message uses."""

from typing import Literal

from msgspec import Meta

Disposition = Literal["write_off", "repossession", "opt_out"]
Side = Literal["debit", "credit"]
Origin = Literal["request", "repossession-failed"]
AttemptReason = Literal[
    "home-not-found",
    "customer-not-available",
    "spoke-with-other",
    "product-not-found",
    "refused-to-return",
    "promised-to-pay",
    "customer-paid",
    "product-issue",
]
EventStatus = Literal["pending", "complete", "canceled", "failed"]
EndReason = Literal["completed", "paid", "canceled", "agreements-removed", "reversed"]
AccountState = Literal["pending_activation", "normal", "late", "defaulted", "inactive"]


def one_of(words: str) -> Meta:
    """Give the constraint of an outbound text to these words, in the schema alone: we write it ourselves."""
    return Meta(extra_json_schema={"enum": words.split()})
