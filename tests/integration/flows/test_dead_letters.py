"""Dead letters as a workbench: grouped, retried, edited, discarded; each act a command of the journal."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from messages.inbound.operations.handle_dead_letter import DiscardDeadLetter, EditDeadLetter, RetryDeadLetter
from operations import many
from operations.cli import dead_letter_acts
from operations.cli.app import execute
from store.engine.transaction import Transaction
from store.traffic import dead_letters
from tests.integration.flows.conftest import OpenWorld
from tests.integration.flows.test_operators import order
from tests.support import upstream
from tests.support.world import World
from workers.intake import understanding
from workers.intake.operators import submit
from workers.sets.shelf import PolicyShelf

QUEUE = "writeoff.account-updated"
GRACE = ("--as", "grace")
#: Neither database can make a difference.
EMBEDDED = pytest.mark.parametrize("stack", ["sqlite-valkey"], indirect=True)
Cli = Callable[..., tuple[int, str, str]]


@pytest.fixture
def cli(world: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Any, capfdbinary: Any) -> Cli:
    """Runs a command of the world's installation."""
    monkeypatch.chdir(tmp_path)
    url = world.database.url.render_as_string(hide_password=False)
    monkeypatch.setenv("WRITEOFF_DATABASE_URL", url)

    def run(*arguments: str) -> tuple[int, str, str]:
        capfdbinary.readouterr()
        code = execute(("dead-letter", *arguments))
        out, err = capfdbinary.readouterr()
        return code, out.decode(errors="surrogateescape"), err.decode()

    return run


def broken(account_id: str, opco: str = "XX") -> dict[str, Any]:
    """A snapshot of an opco that is not served: nothing else is wrong with it."""
    return {**upstream.account(account_id), "opco": opco}


def bury(world: World, *events: dict[str, Any]) -> list[str]:
    world.send(QUEUE, *(json.dumps(event).encode() for event in events))
    world.run()
    rows = world.select("SELECT dead_letter_id FROM dead_letters ORDER BY first_seen, dead_letter_id")
    return [str(row["dead_letter_id"]) for row in rows]


def letter(world: World) -> dict[str, Any]:
    [row] = world.select("SELECT state, revision, acted_by, note, count, became_id FROM dead_letters")
    return row


def repair(world: World) -> None:
    """Make what was dead usable, as another release or policy does: here the bytes themselves."""
    with world.database.begin() as tx:
        tx.connection.exec_driver_sql(
            "UPDATE dead_letters SET body = CAST(replace(CAST(body AS TEXT), '\"XX\"', '\"RW\"') AS BLOB)"
            if not tx.postgresql
            else "UPDATE dead_letters SET body = convert_to("
            "replace(convert_from(body, 'UTF8'), '\"XX\"', '\"RW\"'), 'UTF8')"
        )


def test_a_retry_goes_the_way_of_everything_that_comes_and_the_second_does_nothing(
    world: World, cli: Cli
) -> None:
    [dead] = bury(world, broken("RW-1"))
    code, _, err = cli("retry", dead, *GRACE)
    assert code == 1
    assert err.startswith("writeoff: still-dead: malformed-field, opco: The opco is not served here")
    assert (letter(world)["state"], world.count("accounts")) == ("open", 0)
    repair(world)

    code, out, err = cli("retry", dead, "--because", "opco is served now", *GRACE)
    assert (code, err) == (0, "")
    assert out.startswith("1 of 1 dead letter retried.")
    assert world.count("accounts", "account_id = 'RW-1'") == 1
    told = letter(world)
    assert (told["state"], told["acted_by"], told["note"]) == (
        "retried",
        "/operations/grace",
        "opco is served now",
    )
    journal = "SELECT source, type, state, refusal FROM inbox ORDER BY type, state"
    types = ["pulse.account-updated.v1", *["writeoff.operations.retry-dead-letter.v1"] * 2]
    rows = world.select(journal)
    assert [row["type"] for row in rows] == types
    assert [row["state"] for row in rows] == ["done", "done", "refused"]

    before = world.select("SELECT * FROM accounts")
    code, _, err = cli("retry", dead, *GRACE)
    assert code == 1
    assert "already-retried: This dead letter was retried by /operations/grace at" in err
    assert world.select("SELECT * FROM accounts") == before
    assert world.count("inbox_body", "source = '/pulse/rw'") == 1


@EMBEDDED
def test_the_same_order_twice_does_nothing_twice(world: World) -> None:
    [dead] = bury(world, broken("RW-1"))
    repair(world)
    command = order(data=RetryDeadLetter(dead_letter_id=dead))
    [first] = submit(world.database, PolicyShelf(), [command])
    [again] = submit(world.database, PolicyShelf(), [command])
    assert first.handed_over is not None
    assert (first.handed_over.state, first.handed_over.again) == ("done", False)
    assert (again.again, again.facts, again.handed_over) == (True, (), None)
    assert (world.count("inbox"), letter(world)["revision"]) == (2, 1)


def test_a_dry_run_shows_facts_messages_and_refusals_and_leaves_nothing(world: World, cli: Cli) -> None:
    world.publish(upstream.account("RW-1"))
    world.run()
    asked = {**upstream.request("WR-1", "RW-1"), "opco": "XX"}
    nobody = {**upstream.request("WR-2", "RW-NOBODY"), "opco": "XX"}
    bury(world, asked, nobody)
    repair(world)
    tables = ("inbox", "inbox_body", "requests", "messages_out", "outbox", "processes")
    before = {table: world.count(table) for table in tables}

    code, out, err = cli("retry", "--all", "--dry-run", "--json", *GRACE)
    assert (code, err) == (0, "")
    report = json.loads(out)
    assert (report["dry_run"], report["done"], report["refused"]) == (True, 2, 0)
    facts = [each["fact"] for each in report["facts"]]
    assert facts.count("ProcessStarted") == 1
    assert facts.count("DeadLetterRetried") == 2
    told = {each["type"] for each in report["messages"]}
    assert {"writeoff.process-started.v1", "writeoff.request-answered.v1"} <= told
    assert {table: world.count(table) for table in tables} == before
    assert world.count("dead_letters", "state = 'open'") == 2
    _, out, _ = cli("retry", "--all", "--dry-run", *GRACE)
    assert "2 of 2 dead letters would be retried." in out
    assert "Messages that would go out" in out

    promised = {each["message_id"] for each in report["messages"]}
    cli("retry", "--all", *GRACE)
    assert promised <= {str(row["message_id"]) for row in world.select("SELECT message_id FROM messages_out")}


def test_an_edit_goes_out_under_a_new_id_once_and_a_second_is_refused_aloud(
    world: World, cli: Cli, tmp_path: Any
) -> None:
    [dead] = bury(world, broken("RW-1"))
    _, raw, _ = cli("show", dead, "--raw")
    assert json.loads(raw) == broken("RW-1")
    fixed = tmp_path / "fixed.json"
    fixed.write_text(json.dumps(upstream.account("RW-1")))
    assert cli("edit", dead, "--body", str(fixed), *GRACE)[0] == 2
    assert "changed-meanwhile" in cli("edit", dead, "--body", str(fixed), "--revision", "1", *GRACE)[2]

    code, out, err = cli("edit", dead, "--body", str(fixed), "--revision", "0", "--because", "typo", *GRACE)
    assert (code, err) == (0, "")
    assert f"is edit-of-{dead}: done" in out
    assert world.select("SELECT id FROM inbox WHERE source = '/pulse/rw'") == [{"id": f"edit-of-{dead}"}]
    for revision in ("0", "1"):
        code, _, err = cli("edit", dead, "--body", str(fixed), "--revision", revision, "--as", "rose")
        assert code == 1
        assert "already-edited: This dead letter was edited by /operations/grace at" in err
        assert f"it is message edit-of-{dead} now" in err
    assert "already-edited" in cli("retry", dead, *GRACE)[2]
    assert "already-edited" in cli("discard", dead, "--because", "x", *GRACE)[2]
    assert (world.count("accounts"), letter(world)["revision"]) == (1, 1)
    shown = cli("show", dead)[1]
    assert f"/pulse/rw edit-of-{dead}" in shown
    assert "edited by /operations/grace at" in shown


def test_a_discard_takes_a_reason_and_what_comes_again_is_counted_and_shown(world: World, cli: Cli) -> None:
    [dead] = bury(world, broken("RW-1"))
    assert cli("discard", dead, *GRACE)[0] == 2
    assert cli("discard", dead, "--because", " ", *GRACE)[0] == 2
    assert cli("discard", dead, "--because", "a test of Pulse", *GRACE)[0] == 0
    assert cli("list")[1] == "There are no dead letters.\n"
    assert "already-discarded" in cli("discard", dead, "--because", "again", *GRACE)[2]

    bury(world, broken("RW-1"))
    bury(world, broken("RW-1"))
    listed = cli("list")[1]
    assert "3 times" in listed
    assert ": a test of Pulse; it came 2 times since" in " ".join(listed.split())
    [told] = json.loads(cli("list", "--json")[1])["dead_letters"]
    assert (told["state"], told["count"], told["since"]) == ("discarded", 3, 2)
    assert cli("discard", "--all", "--because", "still the test", *GRACE)[0] == 0
    assert cli("list")[1] == "There are no dead letters.\n"
    assert letter(world)["revision"] == 2
    repair(world)  # who changes his mind has the bytes still
    assert cli("retry", dead, *GRACE)[0] == 0
    assert world.count("accounts") == 1


def test_all_that_match_are_handled_in_sets_and_broken_off_the_order_goes_on(
    world: World, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(many, "COMMANDS_A_SET", 2)
    bury(world, *(broken(f"RW-{number}") for number in range(5)), upstream.event("pulse.unknown.v1", {}))
    groups = json.loads(cli("groups", "--json")[1])["groups"]
    assert [(each["reason"], each["type"], each["letters"], each["open"]) for each in groups] == [
        ("malformed-field", "pulse.account-updated.v1", 5, 5),
        ("unknown-type", "pulse.unknown.v1", 1, 1),
    ]
    sets = 0

    def killed(*arguments: Any, **options: Any) -> Any:
        nonlocal sets
        sets += 1
        if sets == 2:
            raise KeyboardInterrupt
        return submit(*arguments, **options)

    arguments = ("edit", "--type", "pulse.account-updated.v1", "--since", "2020-01-01", *GRACE)
    merge = ("--merge", '{"opco": "RW"}')
    with monkeypatch.context() as patched:
        patched.setattr(many, "submit", killed)
        assert cli(*arguments, *merge)[0] == 130
    assert (world.count("accounts"), world.count("dead_letters", "state = 'edited'")) == (2, 2)
    code, out, _ = cli(*arguments, *merge)
    assert (code, out.splitlines()[0]) == (0, "3 of 3 dead letters edited.")
    assert (world.count("accounts"), world.count("dead_letters", "state = 'edited'")) == (5, 5)
    assert world.count("inbox", "type = 'writeoff.operations.edit-dead-letter.v1'") == 5
    assert cli(*arguments, *merge)[1] == "No dead letter matches.\n"
    assert cli("retry", *GRACE)[0] == 2
    assert cli("retry", "4c966092-d4f7-57f8-bc39-7879162424a9", *GRACE)[0] == 3
    assert cli("list", "--state", "lost")[0] == 2


@EMBEDDED
def test_a_letter_that_breaks_the_code_is_found_among_the_others(
    world: World, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    dead = bury(world, *(broken(f"RW-{number}") for number in range(4)))
    repair(world)
    whole = understanding.understand

    def understand(delivery: Any, *others: Any) -> Any:
        if b"RW-2" in delivery.body:
            raise RuntimeError("poison")
        return whole(delivery, *others)

    monkeypatch.setattr("workers.intake.handed_over.understand", understand)
    code, out, err = cli("retry", *dead, *GRACE)
    assert code == 1
    assert "3 of 4 dead letters retried." in out
    assert "still-dead: crashed-intake" in err
    assert (world.count("accounts"), world.count("dead_letters", "state = 'open'")) == (3, 1)


@EMBEDDED
def test_what_cannot_even_be_a_command_stops_none_of_the_others(world: World, cli: Cli) -> None:
    torn = b'{"torn": "\x00' + b"x" * (17 << 20)
    world.send(QUEUE, torn, json.dumps(broken("RW-1")).encode(), b"\xff\x00")
    world.run()
    code, out, err = cli("edit", "--all", "--merge", '{"opco": "RW"}', *GRACE)
    assert (code, out.splitlines()[0]) == (1, "1 of 3 dead letters edited.")
    assert "unusable: The command" in err
    assert "still-dead: unreadable-body" in err
    assert "2 of 3 were refused." in err
    assert (world.count("accounts"), world.count("dead_letters", "state = 'open'")) == (1, 2)


@EMBEDDED
def test_what_the_broker_gave_up_is_read_as_from_the_queue_it_was_in(world: World, cli: Cli) -> None:
    body = json.dumps(upstream.account("RW-1")).encode()
    world.send("writeoff.undelivered", body, headers={"x-first-death-queue": QUEUE})
    world.run()
    [row] = world.select("SELECT reason, type, opco FROM dead_letters")
    assert row == {"reason": "undelivered", "type": "pulse.account-updated.v1", "opco": "RW"}
    assert cli("retry", "--reason", "undelivered", *GRACE)[0] == 0
    assert world.select("SELECT queue FROM inbox WHERE source = '/pulse/rw'") == [{"queue": QUEUE}]
    world.publish(upstream.account("RW-1"))
    world.run()  # the sender sends it again
    assert (world.count("accounts"), world.count("inbox", "source = '/pulse/rw'")) == (1, 1)


@EMBEDDED
def test_attributes_in_headers_are_corrected_as_headers(world: World, cli: Cli) -> None:
    event = broken("RW-1")
    attributes = {f"ce-{name}": value for name, value in event.items() if name != "data"}
    world.send(QUEUE, json.dumps(event["data"]).encode(), content_type="application/json", headers=attributes)
    world.run()
    [row] = world.select("SELECT dead_letter_id FROM dead_letters")
    code, _, err = cli("edit", row["dead_letter_id"], "--header", "ce-opco=RW", *GRACE)
    assert (code, err) == (0, "")
    assert world.select("SELECT id FROM inbox WHERE source = '/pulse/rw'") == [
        {"id": f"edit-of-{row['dead_letter_id']}"}
    ]


def test_of_two_operators_at_one_letter_the_second_is_told_of_the_first(
    open_concurrent: OpenWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = open_concurrent()
    [dead] = bury(world, broken("RW-1"))
    repair(world)
    rival = order(data=DiscardDeadLetter(dead_letter_id=dead, reason="junk"), user="rose")
    kept = dead_letters.kept
    read = 0

    def overtaken(tx: Transaction, ids: Any) -> Any:
        nonlocal read
        found = kept(tx, ids)
        read += 1
        if read == 1:
            submit(world.database, PolicyShelf(), [rival])
        return found

    monkeypatch.setattr(dead_letters, "kept", overtaken)
    edit = EditDeadLetter(dead_letter_id=dead, revision=0, body=json.dumps(upstream.account("RW-1")))
    [outcome] = submit(world.database, PolicyShelf(), [order(data=edit)])
    assert outcome.refusal == "changed-meanwhile"
    assert "it was discarded by /operations/rose at" in (outcome.message or "")
    assert (world.count("accounts"), letter(world)["state"], letter(world)["revision"]) == (0, "discarded", 1)


def test_a_merge_patch_is_that_of_rfc_7396() -> None:
    target = {"a": "b", "c": {"d": "e", "f": "g"}, "h": [1, 2]}
    patch = {"a": "z", "c": {"f": None}, "h": [3], "i": {"j": None, "k": 1}}
    assert dead_letter_acts.merged(target, patch) == {"a": "z", "c": {"d": "e"}, "h": [3], "i": {"k": 1}}
