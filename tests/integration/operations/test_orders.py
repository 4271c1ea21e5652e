"""What operators order by command line: cancelling, approving, refusing. Each is journaled like a message."""

import json

import pytest

from tests.integration.operations.conftest import Command, Installation
from tests.support import upstream
from tests.support.outcome import told
from tests.support.world import World


def begun(world: World, account_id: str) -> World:
    """Let a process begin whose write-off is two months away."""
    world.publish(
        upstream.account(account_id), upstream.attempt(f"AT-{account_id}", account_id, "product-not-found")
    )
    world.run()
    world.read()
    return world


def test_a_process_is_canceled_by_its_account_and_the_agency_hears_of_it(
    writeoff: Command, installation: Installation
) -> None:
    world = begun(installation.world, "RW-GONE")
    canceled = writeoff("cancel", "RW-GONE", "--reason", "customer found", "--as", "grace")
    assert (canceled.code, canceled.err) == (0, "")
    assert canceled.out == (
        "The process of account RW-GONE is canceled: 2 events canceled, 1 referral recalled, the process has "
        "ended, canceled.\n"
    )
    world.run()
    messages = world.read()
    [ended] = told(messages, "pulse.updates", "process-ended")
    assert (ended["end_reason"], ended["comments"]) == ("canceled", "customer found")
    assert [name for name in messages if name.startswith("agency.") and messages[name]] != []
    [row] = world.select("SELECT source, queue, verdict FROM inbox WHERE source LIKE '/operations/grace'")
    assert row == {"source": "/operations/grace", "queue": "operations", "verdict": "operator"}
    again = writeoff("cancel", "RW-GONE", "--reason", "customer found")
    assert (again.code, again.out) == (1, "")
    assert again.err == "writeoff: no-active-process: Account RW-GONE has no active write-off process.\n"


def test_one_event_is_canceled_and_trying_it_again_changes_nothing(
    writeoff: Command, installation: Installation
) -> None:
    world = begun(installation.world, "RW-STEP")
    [process] = world.select("SELECT process_id FROM processes WHERE account_id = 'RW-STEP'")
    order = ("cancel", str(process["process_id"]), "--event", "40", "--reason", "kept with the agency")
    assert writeoff(*order).out == "Event 40 of account RW-STEP is canceled.\n"
    twice = writeoff(*order)
    assert (twice.code, twice.out) == (1, "")
    assert twice.err == "writeoff: duplicate-request: this was decided before, and nothing was changed now.\n"
    refused = writeoff(*order[:-1], "once more")
    assert refused.code == 1
    assert "not-cancelable: Event 40" in refused.err
    numbered = ("cancel", "RW-STEP", "--event", "50", "--reason", "by hand", "--id", "WC-77")
    assert writeoff(*numbered).out.startswith(
        "Event 50 of account RW-STEP is canceled: the process has ended"
    )


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (("cancel", "RW-NOBODY", "--reason", "x"), 3, "No account has the id 'RW-NOBODY'"),
        (("cancel", "RW-DONE", "--event", "1", "--agreement", "S", "--reason", "x"), 2, "not both"),
        (("cancel", "RW-DONE", "--reason", " "), 2, "data.reason"),
        (("cancel", "RW-DONE", "--reason", "x", "--role", "guest"), 1, "not-authorised"),
        (("cancel", "RW-DONE"), 2, "--reason"),
        (("approve", "WR-NONE"), 3, "There is no request 'WR-NONE'"),
        (("approve", "WR-SAME"), 2, "KE and RW have a request 'WR-SAME'"),
        (("approve", "WR-DONE"), 1, "unknown-request: Request WR-DONE needs no approval."),
        (("refuse", "WR-DONE"), 2, "--reason"),
    ],
)
def test_an_order_that_cannot_be_carried_out_says_why(
    writeoff: Command, arguments: tuple[str, ...], code: int, says: str
) -> None:
    result = writeoff(*arguments)
    assert (result.code, result.out) == (code, "")
    assert says in result.err


def test_a_request_that_waits_is_shown_and_approved_by_somebody_else(
    writeoff: Command, installation: Installation
) -> None:
    world = installation.world
    world.publish(upstream.request("WR-HELD", "RW-HELD", override_hold=True))
    world.run()
    [waits] = writeoff("queue", "list", "--json").json["backlog"]["awaiting"]
    assert (waits["request_id"], waits["total"], waits["roles"]) == ("WR-HELD", "10500", ["admin"])
    assert "WR-HELD" in writeoff("queue", "list").out
    shown = writeoff("request", "show", "WR-HELD")
    assert "awaited by admin: 1 account, RWF 10,500, in spite of a hold" in shown.out
    own = writeoff("approve", "WR-HELD", "--as", upstream.ADMIN["user_id"])
    assert (own.code, own.out) == (1, "")
    assert own.err.startswith("writeoff: own-request: ")
    approved = writeoff("approve", "WR-HELD", "--as", "rose")
    assert (approved.code, approved.err) == (0, "")
    assert approved.out.startswith("Request WR-HELD is approved: 1 account, RWF 10,500")
    world.run()
    [answer] = [
        each
        for each in told(world.read(), "pulse.updates", "request-answered")
        if each["command"] == "write-off-requested"
        and each["request_id"] == "WR-HELD"
        and each["revision"] > 1
    ]
    assert (answer["status"], answer["revision"]) == ("accepted", 2)
    told_of = json.loads(writeoff("request", "show", "WR-HELD", "--json").out)["approval"]
    assert (told_of["state"], told_of["decided_by"], told_of["reason"]) == ("approved", "rose", "approved")
    late = writeoff("refuse", "WR-HELD", "--reason", "no", "--as", "anna")
    assert (late.code, late.out) == (1, "")
    assert late.err == "writeoff: duplicate-request: Request WR-HELD was approved by rose before.\n"


def test_a_request_that_waits_is_refused_with_a_reason(writeoff: Command, installation: Installation) -> None:
    world = installation.world
    world.publish(upstream.account("RW-LATE"), upstream.request("WR-LATE", "RW-LATE", override_hold=True))
    world.run()
    world.read()
    refused = writeoff("refuse", "WR-LATE", "--reason", "too early", "--as", "rose")
    assert (refused.code, refused.out) == (0, "Request WR-LATE was refused.\n")
    world.run()
    found = {each["command"]: each for each in told(world.read(), "pulse.updates", "request-answered")}
    assert found["write-off-requested"]["refusal"] == "approval-refused"
    assert found["write-off-requested"]["message"] == "rose refused it: too early"
