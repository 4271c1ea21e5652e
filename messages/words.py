"""Closed sets of words that more than one message uses."""

from typing import Literal

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
AccountState = Literal["pending_activation", "normal", "late", "defaulted", "inactive"]
