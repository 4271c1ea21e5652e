"""What comes before that on which it depends: booked returns, payments and visits before a snapshot."""

from datetime import timedelta

import msgspec

from handlers.downstream import project
from tests.unit.decisions.cases import (
    Story,
    account,
    attempt,
    cause,
    of,
    only,
    owing,
)
from writeoff.account import Payment
from writeoff.facts import AccountWrittenOff, ProcessStarted, RequestAnswered
from writeoff.standing import after_snapshot


def test_goods_are_counted_from_the_start_though_a_snapshot_has_booked_their_return() -> None:
    story = Story(account())
    story.ask("repossession")
    known = story.account
    assert known is not None
    agreements = tuple(
        msgspec.structs.replace(agreement, products=()) for agreement in known.service_agreements
    )
    story.update(msgspec.structs.replace(known, version=known.version + 1, service_agreements=agreements))
    story.run_due()
    outcome = only(AccountWrittenOff, story.facts)
    assert {(each.product_id, each.returned, each.lost) for each in outcome.products} == {
        ("PR-1", 1, 0),
        ("PR-2", 0, 4),
    }


def test_a_payment_before_any_snapshot_counts_under_the_first_that_has_not_booked_it() -> None:
    known = owing(3_000)
    early = Payment(
        payment_id="PAY-1",
        received_at=known.as_of + timedelta(hours=1),
        amount=2_000,
        allocations={},
        counted=False,
        currency="RWF",
    )
    assert after_snapshot(known, None, (early,)).balances == {"SA-1": 1_000}


def test_a_payment_in_another_currency_never_counts() -> None:
    known = owing(3_000)
    foreign = Payment(
        payment_id="PAY-1",
        received_at=known.as_of + timedelta(hours=1),
        amount=2_000,
        allocations={},
        counted=False,
        currency="KES",
    )
    assert after_snapshot(known, None, (foreign,)).balances == {"SA-1": 3_000}


def test_visits_before_pulse_said_since_when_lead_to_a_process_when_it_says() -> None:
    story = Story()
    story.attempts = tuple(attempt(number) for number in (1, 2, 3))
    facts = story.update(account())
    assert len(of(ProcessStarted, facts)) == 1
    assert only(RequestAnswered, facts).command == "repossession-failed"


def test_visits_are_looked_at_once_and_not_with_every_snapshot() -> None:
    story = Story(account())
    story.attempts = tuple(attempt(number) for number in (1, 2, 3))
    facts = story.update(account(version=99))
    assert not of(ProcessStarted, facts)


def test_refusals_of_messages_of_one_id_from_two_sources_have_ids_of_their_own() -> None:
    answered = only(RequestAnswered, Story(account()).ask("personal"))
    refused = msgspec.structs.replace(answered, refusal="not-authorised")
    assert len(ids_from_two_sources(refused)) == 2


def test_a_request_that_was_taken_is_answered_under_one_id_whether_or_not_it_waited() -> None:
    answered = only(RequestAnswered, Story(account()).ask("personal"))
    assert len(ids_from_two_sources(answered)) == 1


def ids_from_two_sources(answered: RequestAnswered) -> set[str]:
    return {
        project([msgspec.structs.replace(answered, cause=cause(source=source))])[0].message.id
        for source in ("", "/pulse/rw-2")
    }
