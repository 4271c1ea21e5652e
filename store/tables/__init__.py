"""Every table, by what it is about. One `metadata` for both databases."""

from store.tables.accounts import account_snapshots, accounts, attempts, payments, persons
from store.tables.control import leases, opcos, paused_kinds, periods, policies, running, timers
from store.tables.effects import (
    agency_debt,
    contacts,
    demerits,
    goods,
    referral_history,
    referrals,
    todos,
)
from store.tables.inbox import business_keys, dead_letters, inbox, inbox_body, suspects
from store.tables.ledger import buckets, journal_lines, journals, write_off_agreements
from store.tables.outbox import destinations, messages_out, outbox
from store.tables.plans import plan_parts, plans
from store.tables.processes import events, processes
from store.tables.requests import paused_requests, request_items, requests
from store.tables.seals import seals, unsealed
from store.tables.types import metadata

__all__ = [
    "account_snapshots",
    "accounts",
    "agency_debt",
    "attempts",
    "buckets",
    "business_keys",
    "contacts",
    "dead_letters",
    "demerits",
    "destinations",
    "events",
    "goods",
    "inbox",
    "inbox_body",
    "journal_lines",
    "journals",
    "leases",
    "messages_out",
    "metadata",
    "opcos",
    "outbox",
    "paused_kinds",
    "payments",
    "paused_requests",
    "periods",
    "persons",
    "policies",
    "plan_parts",
    "plans",
    "processes",
    "referral_history",
    "referrals",
    "request_items",
    "requests",
    "running",
    "seals",
    "suspects",
    "timers",
    "todos",
    "unsealed",
    "write_off_agreements",
]
