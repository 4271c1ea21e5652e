"""What the placeholders of a policy's texts stand for."""

from writeoff.case import Case
from writeoff.money import display
from writeoff.policy.texts import ABSENT, Placeholder

_WRITTEN_OFF = {
    "write-off-distribution-code": "written off by distribution code",
    "write-off-sa-type": "written off by SA type",
}


def placeholders(case: Case, amount: int | None, detail: str, currency: str) -> dict[Placeholder, str]:
    """Return the value of every placeholder that `docs/policy.md` names; amount in minor units."""
    return {
        "account_id": case.cause.account_id or ABSENT,
        "amount": display(amount, currency) if amount is not None else ABSENT,
        "written_off": _written_off(case),
        "referral": _referral(case),
        "reason": case.process.reason if case.process else ABSENT,
        "detail": detail or ABSENT,
    }


def _written_off(case: Case) -> str:
    done = [event.kind for event in case.process.events if event.status == "complete"] if case.process else []
    return next((_WRITTEN_OFF[kind] for kind in done if kind in _WRITTEN_OFF), "not yet written off")


def _referral(case: Case) -> str:
    active = next((referral for referral in case.referrals if referral.active), None)
    return f"the referral to {active.agency} stays active" if active else "no referral is active"
