"""Recording a claim for tax relief, and what recoveries credit before and after it (R19, R24)."""

from datetime import date
from typing import Any

import msgspec
import pytest

from handlers.operations import kinds
from messages.inbound.operations.record_tax_claim import RecordTaxClaim
from tests.unit.accounting.book import CHART
from tests.unit.accounting.book import agreement as agreement_of
from tests.unit.decisions.cases import Story, account, of, only
from writeoff.decision import Apply, Refuse
from writeoff.facts import JournalPosted, TaxClaimRecorded

TRANSACTIONS = """
    FT-1  2023-10-31  RECEIVABLE 1100 = REVENUE 1000 + CLAIMABLE-VAT 100
    FT-2  2026-05-01  RECEIVABLE 2200 = REVENUE 2000 + CLAIMABLE-VAT 200
"""


def written_off() -> Story:
    """Return an account that was written off on the 3rd of November, one of two bills three years old."""
    known = msgspec.structs.replace(agreement_of(TRANSACTIONS, sa_id="SA-1"), balance=3_300)
    story = Story(account(service_agreements=(known,)), CHART)
    story.ask()
    story.run_due()
    return story


def claim(story: Story, **changes: Any) -> Apply | Refuse:
    known: dict[str, Any] = {"account_id": "RW-100234", "reference": "RRA-1", "claimed_on": story.today}
    kind = kinds()[RecordTaxClaim.type_name]
    decision = kind.decide(RecordTaxClaim(**(known | changes)), story.case(), False)  # noqa: FBT003
    assert isinstance(decision, Apply | Refuse)
    story.keep(decision.facts)
    return decision


def credited(story: Story, amount: int, payment_id: str) -> list[tuple[str, int, date | None]]:
    """Return what a payment credits the tax: GL account, amount, repay-by date."""
    journal = only(JournalPosted, story.pay(amount, payment_id)).journal
    return [
        (line.gl_account, line.amount, line.repay_by)
        for line in journal.lines
        if line.distribution_code == "CLAIMABLE-VAT"
    ]


def test_what_may_be_claimed_on_the_day_is_claimed_and_recoveries_of_it_are_to_be_repaid() -> None:
    story = written_off()
    assert credited(story, 330, "PAY-1") == [("1308", 20, None), ("1308", 10, None)]
    recorded = only(TaxClaimRecorded, claim(story).facts)
    assert [(part.accounting_date, part.amount) for part in recorded.parts] == [(date(2023, 10, 31), 90)]
    assert recorded.cause.process_id is not None
    assert credited(story, 297, "PAY-2") == [("1308", 18, None), ("2215", 9, date(2027, 1, 2))]
    story.bounce("PAY-1")
    assert credited(story, 330, "PAY-3") == [
        ("1308", 20, None),
        ("1308", 10, None),
    ]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"claimed_on": date(2026, 11, 4)}, "claim-not-made-yet"),
        ({"claimed_on": date(2026, 10, 30)}, "nothing-to-claim"),
        ({"distribution_code": "VAT-PAYABLE"}, "nothing-to-claim"),
        ({"supplied_until": date(2023, 10, 30)}, "nothing-to-claim"),
    ],
)
def test_what_may_not_be_claimed_is_refused(changes: dict[str, Any], reason: str) -> None:
    decision = claim(written_off(), **changes)
    assert isinstance(decision, Refuse)
    assert decision.reason == reason
    assert decision.message.endswith(".")


def test_a_claim_is_recorded_once_and_ten_years_after_the_supply_no_more() -> None:
    story = written_off()
    assert of(TaxClaimRecorded, claim(story).facts) != []
    again = claim(story)
    assert isinstance(again, Refuse)
    story.on(date(2036, 5, 2))
    late = claim(story)
    assert isinstance(late, Refuse)


def test_an_account_that_is_not_written_off_has_nothing_to_claim() -> None:
    decision = claim(Story(account(), CHART))
    assert isinstance(decision, Refuse)
    assert decision.reason == "not-written-off"
