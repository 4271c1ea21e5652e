import pytest

from messages import destinations, inbound, outbound
from messages.destinations import route

AGENCIES = ("KIGALI-RECOVERY", "RUBAVU-COLLECT")


def table(queues: tuple[destinations.Queue, ...]) -> dict[str, list[tuple[str, str]]]:
    return {
        queue.name: [(binding.exchange.name, binding.routing_key) for binding in queue.bindings]
        for queue in queues
    }


def test_inbound_queues_are_bound_as_the_contract_says() -> None:
    assert table(destinations.INBOUND) == {
        "writeoff.account-updated": [("pulse", "pulse.account-updated.v1")],
        "writeoff.repossession-failed": [("pulse", "pulse.repossession-failed.v1")],
        "writeoff.write-off-requested": [("pulse", "pulse.write-off-requested.v1")],
        "writeoff.payments": [("pulse", "pulse.payment-received.v1"), ("pulse", "pulse.payment-canceled.v1")],
        "writeoff.commands": [
            ("pulse", "pulse.write-off-decided.v1"),
            ("pulse", "pulse.write-off-cancel-requested.v1"),
            ("pulse", "pulse.write-off-reversal-requested.v1"),
        ],
        "writeoff.replies": [
            ("replies", "agency.referral-replied.v1"),
            ("replies", "consumer.message-acknowledged.v1"),
        ],
    }


def test_every_inbound_type_arrives_somewhere() -> None:
    bound = [binding.routing_key for queue in destinations.INBOUND for binding in queue.bindings]
    assert sorted(bound) == sorted(inbound.TYPES)


def test_outbound_queues_are_bound_as_the_contract_says() -> None:
    referrals = ("referral-placed", "referral-changed", "referral-cancelled", "referral-paid")
    updates = (
        "request-answered process-started process-ended account-written-off account-restored "
        "demerit-recorded demerit-ended"
    )
    assert table(destinations.outbound(["KIGALI-RECOVERY"])) == {
        "letter": [("writeoff", "letter.requested"), ("writeoff", "letter.correction-requested")],
        "to-do": [("writeoff", "todo.created"), ("writeoff", "todo.closed")],
        "gl": [("writeoff", "gl.journal-posted")],
        "pulse.updates": [("writeoff", f"pulse.{word}") for word in updates.split()],
        "agency.KIGALI-RECOVERY": [("writeoff", f"agency.KIGALI-RECOVERY.{word}") for word in referrals],
        "writeoff.dead-letter": [("writeoff.dead", "#")],
    }


def test_every_route_ends_in_the_queue_of_its_destination() -> None:
    queues = {queue.name: queue for queue in destinations.outbound(AGENCIES)}
    for kind in outbound.TYPES.values():
        if kind.outlet.destination == destinations.DEAD_LETTER:
            continue
        names = [destinations.agency_destination(code) for code in AGENCIES]
        for destination in (
            names if kind.outlet.destination == destinations.AGENCY else [kind.outlet.destination]
        ):
            taken = route(kind.name, destination)
            reached = [
                queue.name
                for queue in queues.values()
                for binding in queue.bindings
                if (binding.exchange.name, binding.routing_key) == (taken.exchange, taken.routing_key)
            ]
            assert reached == [destination]


def test_a_notice_of_a_dead_letter_is_routed_by_the_queue_it_came_from() -> None:
    taken = route("writeoff.dead-letter-recorded.v1", "dead-letter", origin="writeoff.payments")
    assert (taken.exchange, taken.routing_key) == ("writeoff.dead", "writeoff.payments")


@pytest.mark.parametrize(
    ("type_name", "destination"),
    [
        ("writeoff.letter-requested.v1", "gl"),
        ("writeoff.letter-requested.v1", "agency.KIGALI-RECOVERY"),
        ("writeoff.referral-paid.v1", "letter"),
        ("writeoff.referral-paid.v1", "agency.{agency}"),
        ("writeoff.referral-paid.v1", "KIGALI-RECOVERY"),
        ("writeoff.dead-letter-recorded.v1", "dead-letter"),
        ("writeoff.unknown.v1", "gl"),
    ],
)
def test_what_does_not_belong_together_has_no_route(type_name: str, destination: str) -> None:
    with pytest.raises(ValueError, match=r"is not sent to|no agency code"):
        route(type_name, destination)


@pytest.mark.parametrize("code", ["", "kigali", "A.B", "A*", "#", "A ", "A\n", "É", "A" * 65])
def test_an_agency_code_is_one_word_of_a_routing_key(code: str) -> None:
    with pytest.raises(ValueError, match="no agency code"):
        destinations.outbound([code])


def test_every_queue_is_a_quorum_queue_that_loses_nothing_silently() -> None:
    queues = (*destinations.INBOUND, *destinations.outbound(AGENCIES), destinations.UNDELIVERED)
    for queue in queues:
        assert queue.arguments["x-queue-type"] == "quorum"
        notices = queue.name == destinations.DEAD_LETTER_QUEUE
        assert queue.arguments["x-overflow"] == ("drop-head" if notices else "reject-publish")
    for queue in destinations.INBOUND:
        assert queue.arguments["x-dead-letter-routing-key"] == destinations.UNDELIVERED.name
