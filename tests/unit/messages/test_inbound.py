from collections.abc import Callable
from typing import Any

import pytest

from messages import inbound
from messages.envelope import Envelope
from messages.malformed import Malformed
from tests.unit.messages import examples

Data = dict[str, Any]


def parse(name: str, **changes: object) -> inbound.Inbound:
    document = examples.inbound(name)
    return inbound.parse(Envelope(**(document | {"data": document["data"] | changes})))


def refused(name: str, change: Callable[[Data], object] = lambda _: None, **changes: Any) -> Malformed:
    document = examples.inbound(name)
    data = document["data"] | changes
    change(data)
    with pytest.raises(Malformed) as caught:
        inbound.parse(Envelope(**(document | {"data": data})))
    return caught.value


def test_an_unknown_type_is_refused() -> None:
    with pytest.raises(Malformed) as caught:
        inbound.parse(Envelope(**(examples.inbound("payment-received") | {"type": "pulse.unknown.v1"})))
    assert (caught.value.path, caught.value.reason) == ("type", "unknown-type")


def test_two_structs_cannot_claim_one_type() -> None:
    with pytest.raises(ValueError, match="registered twice"):
        inbound.registry([inbound.PaymentReceived, inbound.PaymentCanceled, inbound.PaymentReceived])


def test_commands_are_what_somebody_orders() -> None:
    assert {struct.type_name for struct in inbound.COMMANDS} == {
        "pulse.write-off-requested.v1",
        "pulse.write-off-decided.v1",
        "pulse.write-off-cancel-requested.v1",
        "pulse.write-off-reversal-requested.v1",
    }


REQUIRED = {
    "account-updated": "account_id version as_of state currency customer_class fulfilment_centre "
    "main_customer persons service_agreements",
    "repossession-failed": "account_id repossession_id attempt_id attempted_at attempted_by reason",
    "write-off-requested.bulk": "request_id kind disposition reason requested_by accounts",
    "write-off-decided": "request_id decision decided_by reason",
    "write-off-cancel-requested": "request_id account_id scope requested_by reason",
    "write-off-reversal-requested": "request_id process_id account_id requested_by reason",
    "payment-received": "payment_id account_id received_at amount currency",
    "payment-canceled": "payment_id account_id canceled_at reason",
    "referral-replied": "referral_id agency reply",
    "message-acknowledged": "message_id consumer status",
}


def refusal_without(name: str, field: str) -> Malformed | None:
    document = examples.inbound(name)
    del document["data"][field]
    try:
        inbound.parse(Envelope(**document))
    except Malformed as error:
        return error
    return None


@pytest.mark.parametrize("name", REQUIRED)
def test_exactly_the_required_fields_cannot_be_left_out(name: str) -> None:
    refusals = {field: refusal_without(name, field) for field in examples.inbound(name)["data"]}
    missing = {field for field, error in refusals.items() if error}
    for field in missing:
        assert str(refusals[field]).startswith(f"data.{field}: The field is required")
    conditional = {"defaulted_on"} if name == "account-updated" else set()
    assert missing - conditional == set(REQUIRED[name].split())


def test_a_required_field_that_is_null_is_missing() -> None:
    error = refused("payment-received", amount=None)
    assert (error.path, error.reason) == ("data.amount", "missing-field")
    error = refused("write-off-requested.bulk", accounts=[None])
    assert (error.path, error.reason) == ("data.accounts[0]", "missing-field")


@pytest.mark.parametrize("name", REQUIRED)
def test_unknown_fields_are_accepted(name: str) -> None:
    assert parse(name, something_new={"nested": [1.5]})


@pytest.mark.parametrize(
    ("name", "field", "value"),
    [
        ("payment-received", "amount", 2000),
        ("payment-received", "amount", 2000.0),
        ("payment-received", "amount", "2000\n"),
        ("payment-received", "amount", "2,000"),
        ("payment-received", "amount", "1e3"),
        ("payment-received", "amount", "٢٠٠٠"),
        ("payment-received", "amount", "1234567890123456"),
        ("payment-received", "amount", "2000.50"),
        ("payment-received", "amount", "999999999999999"),
        ("payment-received", "amount", "0"),
        ("payment-received", "amount", "-5"),
        ("payment-received", "currency", "rwf"),
        ("payment-received", "currency", "XXX"),
        ("payment-received", "payment_id", ""),
        ("payment-received", "payment_id", "x" * 129),
        ("payment-received", "payment_id", "a\x1fb"),
        ("payment-received", "received_at", "2026-11-20T16:29:31"),
        ("payment-received", "received_at", "9999-12-31T23:59:59Z"),
        ("payment-received", "account_version", 2**64),
        ("payment-received", "account_version", True),
        ("payment-received", "collected_by_agency", "KIGALI.RECOVERY"),
        ("payment-canceled", "canceled_at", "0001-01-01T00:00:00Z"),
        ("account-updated", "state", "dormant"),
        ("account-updated", "defaulted_on", "2026-06-31"),
        ("account-updated", "defaulted_on", "2026-06-14T00:00:00Z"),
        ("account-updated", "version", -1),
        ("account-updated", "main_customer", "P-1"),
        ("account-updated", "currency", "ABC"),
        ("repossession-failed", "reason", "lost"),
        ("write-off-decided", "decision", "maybe"),
        ("write-off-decided", "reason", ""),
        ("write-off-cancel-requested", "event_sequence", 0),
        ("write-off-requested.bulk", "accounts", []),
        ("write-off-requested.bulk", "override_hold", "yes"),
        ("referral-replied", "agency", "kigali"),
        ("message-acknowledged", "consumer", "pulse"),
    ],
)
def test_a_wrong_value_is_refused_with_its_path(name: str, field: str, value: object) -> None:
    changes: dict[str, Any] = {field: value}
    error = refused(name, **changes)
    assert (error.path, error.reason) == (f"data.{field}", "malformed-field")
    assert not isinstance(value, str) or len(value) < 3 or value not in str(error)


def test_an_error_says_what_to_send() -> None:
    assert refused("write-off-decided", decision="maybe").problem == (
        "The value is not a known one; send one of approved, refused."
    )
    assert refused("payment-received", amount=5).problem == (
        'Expected `str`, got `int`; send a decimal number as a string, such as "10500" or "10500.25".'
    )
    missing = refused("write-off-requested.bulk", lambda data: data["accounts"][1].pop("account_id"))
    assert (missing.path, missing.reason) == ("data.accounts[1].account_id", "missing-field")
    assert missing.problem.startswith("The field is required; send an identifier of 1 to 128 characters")
    assert refused("account-updated", persons={}).problem == "Expected `array`, got `object`; send an array."


# --- snapshots


def agreement(data: Data) -> Data:
    first: Data = data["service_agreements"][0]
    return first


def transaction(data: Data) -> Data:
    second: Data = agreement(data)["financial_transactions"][1]
    return second


FT = "data.service_agreements[0].financial_transactions[1]"


@pytest.mark.parametrize(
    ("change", "path"),
    [
        (lambda data: transaction(data)["gl"].pop(), f"{FT}.gl"),
        (lambda data: transaction(data)["gl"][1].update(amount="499"), f"{FT}.gl"),
        (lambda data: transaction(data)["gl"][1].update(amount="500.00"), f"{FT}.gl[1].amount"),
        (lambda data: transaction(data)["gl"][1].update(amount="-500"), f"{FT}.gl[1].amount"),
        (lambda data: transaction(data).update(canceled=True, gl=transaction(data)["gl"][:1]), f"{FT}.gl"),
        (lambda data: transaction(data).update(ft_id="FT-9001"), f"{FT}.ft_id"),
        (lambda data: transaction(data).update(accounting_date="1026-06-01"), f"{FT}.accounting_date"),
        (lambda data: transaction(data).update(amount="500.5"), f"{FT}.amount"),
        (lambda data: agreement(data).update(balance="1.5"), "data.service_agreements[0].balance"),
        (
            lambda data: agreement(data).update(charged_off={"amount": "1.5", "gl_account": "6150"}),
            "data.service_agreements[0].charged_off.amount",
        ),
        (
            lambda data: data["service_agreements"].append(agreement(data)),
            "data.service_agreements[1].sa_id",
        ),
        (lambda data: data["persons"].append(data["persons"][0]), "data.persons[2].person_id"),
        (lambda data: data["persons"].clear(), "data.main_customer"),
        (lambda data: data.update(defaulted_on=None), "data.defaulted_on"),
        (
            lambda data: data["pending_repossession"].update(opened_on="2999-01-01"),
            "data.pending_repossession.opened_on",
        ),
    ],
)
def test_a_snapshot_that_contradicts_itself_is_refused(change: Callable[[Data], object], path: str) -> None:
    assert refused("account-updated", change).path == path


def test_gl_details_balance_exactly_in_a_currency_with_decimals() -> None:
    def in_shillings(data: Data) -> None:
        data["currency"] = "KES"
        transaction(data)["gl"] = [
            {"distribution_code": "A", "side": "debit", "amount": "0.3"},
            {"distribution_code": "B", "side": "credit", "amount": "0.10"},
            {"distribution_code": "C", "side": "credit", "amount": "0.2"},
        ]

    data = examples.inbound("account-updated")["data"]
    in_shillings(data)
    assert parse("account-updated", **data)
    transaction(data)["gl"][0]["amount"] = "0.31"
    assert refused("account-updated", **data).path == f"{FT}.gl"


def test_an_account_in_good_standing_needs_no_default_date() -> None:
    snapshot = parse("account-updated", state="normal", defaulted_on=None, pending_repossession=None)
    assert isinstance(snapshot, inbound.AccountUpdated)
    assert snapshot.pending_repossession is None


# --- commands


def test_a_personal_request_names_exactly_one_account() -> None:
    def twice(data: Data) -> None:
        data["accounts"] *= 2

    assert refused("write-off-requested.personal", twice).path == "data.accounts"


def test_a_request_above_the_limit_of_accounts_is_read_to_be_answered() -> None:
    request = parse("write-off-requested.bulk", accounts=[{"account_id": f"RW-{n}"} for n in range(100_001)])
    assert isinstance(request, inbound.WriteOffRequested)
    assert len(request.accounts) == 100_001


def test_a_negative_return_is_read_to_be_answered() -> None:
    product = {"sa_id": "SA-1", "product_id": "P", "quantity": -1, "condition": "broken", "fair_value": "-5"}
    account = {"account_id": "RW-1", "returned_products": [product]}
    request = parse("write-off-requested.repossession", accounts=[account])
    assert isinstance(request, inbound.WriteOffRequested)
    assert request.accounts[0].returned_products[0].quantity == -1


def test_a_request_may_embed_a_snapshot_of_the_same_account() -> None:
    snapshot = examples.inbound("account-updated")["data"]
    accounts = [{"account_id": "RW-100234", "account": snapshot}]
    request = parse("write-off-requested.personal", accounts=accounts)
    assert isinstance(request, inbound.WriteOffRequested)
    assert request.accounts[0].account == parse("account-updated")
    accounts[0]["account_id"] = "RW-1"
    error = refused("write-off-requested.personal", accounts=accounts)
    assert error.path == "data.accounts[0].account.account_id"


def test_an_embedded_snapshot_is_checked_like_any_other() -> None:
    snapshot = examples.inbound("account-updated")["data"]
    transaction(snapshot)["gl"].pop()
    error = refused("write-off-requested.bulk", accounts=[{"account_id": "RW-100234", "account": snapshot}])
    assert error.path == f"data.accounts[0].account{FT.removeprefix('data')}.gl"


@pytest.mark.parametrize(("scope", "field"), [("event", "event_sequence"), ("service-agreement", "sa_id")])
def test_a_scope_needs_what_it_is_about(scope: str, field: str) -> None:
    error = refused("write-off-cancel-requested", scope=scope)
    assert (error.path, error.reason) == (f"data.{field}", "missing-field")
    assert parse("write-off-cancel-requested", scope=scope, event_sequence=40, sa_id="SA-55001")


def test_a_promise_needs_its_date() -> None:
    error = refused("repossession-failed", reason="promised-to-pay")
    assert (error.path, error.reason) == ("data.promised_to_pay_on", "missing-field")
    assert parse("repossession-failed", reason="promised-to-pay", promised_to_pay_on="2026-11-20")


# --- payments


def test_allocations_stay_within_the_payment() -> None:
    assert parse("payment-received", allocations=[{"sa_id": "SA-55001", "amount": "2000"}])
    above = [{"sa_id": "SA-1", "amount": "1500"}, {"sa_id": "SA-2", "amount": "501"}]
    assert refused("payment-received", allocations=above).path == "data.allocations"
    nothing = [{"sa_id": "SA-1", "amount": "0"}]
    assert refused("payment-received", allocations=nothing).path == "data.allocations[0].amount"


def test_a_refusal_of_a_request_needs_a_reason() -> None:
    problem = refused("write-off-decided", decision="refused", reason="  ")
    assert (problem.path, problem.reason) == ("data.reason", "malformed-field")
    assert isinstance(parse("write-off-decided", decision="approved"), inbound.WriteOffDecided)
