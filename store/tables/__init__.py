"""Every table, by what it is about. One `metadata` for both databases."""

from store.tables.accounts import (
    account_snapshots,
    accounts,
    attempts,
    payment_cancellations,
    payments,
    persons,
)
from store.tables.acknowledgements import acknowledgements
from store.tables.control import leases, opcos, paused_kinds, periods, policies, running, timers
from store.tables.effects import (
    agency_debt,
    contacts,
    demerits,
    goods,
    referral_history,
    referral_replies,
    referrals,
    todos,
)
from store.tables.inbox import business_keys, dead_letters, inbox, inbox_body, suspects
from store.tables.ledger import (
    bucket_movements,
    buckets,
    journal_lines,
    journals,
    tax_claims,
    write_off_agreements,
)
from store.tables.outbox import destinations, messages_out, outbox
from store.tables.plans import plan_parts, plans
from store.tables.processes import events, processes
from store.tables.replays import publications, replays
from store.tables.requests import approvals, paused_requests, request_items, requests
from store.tables.retired import retired
from store.tables.reversals import reversals
from store.tables.seals import seals, unsealed
from store.tables.totals import enforced_changes, enforced_totals, ledger_totals, totalled
from store.tables.types import metadata

__all__ = [
    "account_snapshots",
    "accounts",
    "acknowledgements",
    "agency_debt",
    "approvals",
    "attempts",
    "bucket_movements",
    "buckets",
    "business_keys",
    "contacts",
    "dead_letters",
    "demerits",
    "destinations",
    "enforced_changes",
    "enforced_totals",
    "events",
    "goods",
    "inbox",
    "inbox_body",
    "journal_lines",
    "journals",
    "leases",
    "ledger_totals",
    "messages_out",
    "metadata",
    "opcos",
    "outbox",
    "paused_kinds",
    "paused_requests",
    "payment_cancellations",
    "payments",
    "periods",
    "persons",
    "plan_parts",
    "plans",
    "policies",
    "processes",
    "publications",
    "referral_history",
    "referral_replies",
    "referrals",
    "replays",
    "request_items",
    "requests",
    "retired",
    "reversals",
    "running",
    "seals",
    "suspects",
    "tax_claims",
    "timers",
    "todos",
    "totalled",
    "unsealed",
    "write_off_agreements",
]
