"""Nothing is half done: every fact is recorded, every kind can be configured, a new file is found."""

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from uuid import NAMESPACE_URL, uuid5

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers import downstream, event_types, intake, operations
from handlers.kinds.discovery import modules
from handlers.kinds.event_kind import EventKind
from messages import inbound
from messages.destinations import INBOUND
from messages.inbound.operations import operator_types
from store.recording import RECORDERS
from tests.unit.decisions.cases import Story, account, shipped
from writeoff import facts, identity
from writeoff.facts import DemeritRecorded, Fact
from writeoff.policy.model import EventType

ROOT = Path(__file__).parents[3]
KINDS = {
    "affect-credit-rating",
    "cancel-agency-referral",
    "generic",
    "refer-to-agency",
    "send-letter",
    "send-to-do",
    "write-off-distribution-code",
    "write-off-sa-type",
}


def facts_in(module: ModuleType) -> set[type[Fact]]:
    return {kind for kind in vars(module).values() if isinstance(kind, type) and issubclass(kind, Fact)} - {
        Fact
    }


def every_fact() -> set[type[Fact]]:
    return facts_in(facts)


def test_every_fact_is_named_by_its_package() -> None:
    """Only so it is missed, wherever it is not recorded."""
    declared = {fact for module in modules(facts) for fact in facts_in(module)}
    assert declared == every_fact()
    assert {kind.__name__ for kind in declared} < set(facts.__all__)


def test_every_fact_is_recorded_by_one_recorder() -> None:
    recorded = [kind for kind, _ in RECORDERS]
    assert set(recorded) == every_fact()
    assert len(recorded) == len(set(recorded))


def test_only_facts_are_projected_and_each_by_the_consumers_it_concerns() -> None:
    told = {kind for consumer in downstream.consumers() for kind in consumer.projections}
    assert told <= every_fact()
    assert {consumer.name for consumer in downstream.consumers()} == {
        "agency",
        "general-ledger",
        "letter",
        "pulse",
        "to-do",
    }


def test_every_inbound_type_has_its_handler() -> None:
    assert intake.kinds().keys() == inbound.TYPES.keys()


def test_every_operators_command_has_its_handler_and_no_queue() -> None:
    assert operations.kinds().keys() == operator_types().keys()
    assert all(re.fullmatch(r"writeoff\.operations\.[a-z-]+\.v1", name) for name in operator_types())
    queued = {binding.routing_key for queue in INBOUND for binding in queue.bindings}
    assert queued.isdisjoint(operator_types())


def test_there_are_the_eight_kinds_of_events() -> None:
    assert event_types.kinds().keys() == KINDS


def test_every_kind_and_each_of_its_parameters_is_documented() -> None:
    page = (ROOT / "docs" / "policy.md").read_text("utf-8")
    for kind in event_types.kinds().values():
        assert f"`{kind.name}`" in page, kind.name
        for field in kind.parameters.__struct_fields__:
            assert f"`{field}`" in page, (kind.name, field)


@pytest.mark.parametrize("opco", ["RW", "KE", "TG"])
def test_every_kind_has_parameters_in_each_shipped_policy(opco: str) -> None:
    policy = shipped(opco)
    assert {event_type.kind for event_type in policy.event_types.values()} == KINDS
    assert all(event_types.problems(event_type, policy) == [] for event_type in policy.event_types.values())


def test_an_event_type_of_no_kind_is_a_problem_that_names_the_kinds() -> None:
    (problem,) = event_types.problems(EventType(code="X", kind="fly", parameters={}), shipped("RW"))
    assert problem.startswith("kind: 'fly' is not one of affect-credit-rating, ")


@pytest.mark.parametrize(
    ("kind", "parameters", "problem"),
    [
        (
            "affect-credit-rating",
            {"credit_rating_points": 5, "cash_only_points": 5, "months": 1},
            "credit_rating",
        ),
        ("affect-credit-rating", {"credit_rating_points": -5, "cash_only_points": 5}, "months"),
        ("cancel-agency-referral", {"agency": "X"}, "agency"),
        ("refer-to-agency", {"selection": "random"}, "selection"),
        ("send-letter", {"contact_type": "NO-SUCH"}, "contact_type"),
        ("send-to-do", {"todo_type": "NO-SUCH"}, "todo_type"),
        ("send-to-do", {"todo_type": "WRITE-OFF-REVIEW", "threshold": "10.50"}, "threshold"),
        ("send-to-do", {"todo_type": "WRITE-OFF-REVIEW", "threshold": "-1"}, "threshold"),
        ("write-off-distribution-code", {"order": "random"}, "order"),
        ("write-off-sa-type", {"sa_type": "solar-home-system"}, "sa_type"),
        ("generic", {"algorithm": "no-such"}, "algorithm"),
        ("generic", {"algorithm": "note-still-enforced", "parameters": {"x": 1}}, "parameters"),
        ("generic", {"algorithm": "note-still-enforced", "parameters": {"todo_type": "NO"}}, "todo_type"),
    ],
)
def test_parameters_are_judged_by_their_kind(kind: str, parameters: dict[str, object], problem: str) -> None:
    found = event_types.problems(EventType(code="X", kind=kind, parameters=parameters), shipped("RW"))
    assert len(found) == 1
    assert found[0].startswith("parameters")
    assert problem in found[0]


NINTH = """
from handlers.kinds.event_kind import EventKind, NoParameters
from writeoff.decision import Apply

KIND = EventKind(name="{name}", parameters=NoParameters, decide=lambda case, parameters: Apply(facts=()))
"""
FIFTH = """
from handlers.kinds.projection import Consumer
from writeoff.facts import DemeritRecorded

HEARD = []
CONSUMER = Consumer(name="{name}", projections={{DemeritRecorded: lambda fact: HEARD.append(fact) or ()}})
"""


@pytest.fixture
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Path, Path]]:
    """Two folders whose files count as event kinds and as consumers while the test runs."""
    kinds, consumers = tmp_path / "kinds", tmp_path / "consumers"
    for package, folder in ((event_types, kinds), (downstream, consumers)):
        folder.mkdir()
        monkeypatch.setattr(package, "__path__", [*package.__path__, str(folder)])
    _forget()
    yield kinds, consumers
    monkeypatch.undo()
    for name in [name for name in sys.modules if name.endswith((".a_ninth_kind", ".a_fifth_consumer"))]:
        del sys.modules[name]
    _forget()


def _forget() -> None:
    event_types.kinds.cache_clear()
    downstream.consumers.cache_clear()
    downstream._projections.cache_clear()


def test_a_ninth_kind_is_found_by_its_file(folders: tuple[Path, Path]) -> None:
    (folders[0] / "a_ninth_kind.py").write_text(NINTH.format(name="ninth"))
    assert event_types.kinds().keys() == KINDS | {"ninth"}
    assert isinstance(event_types.kinds()["ninth"], EventKind)
    assert event_types.problems(EventType(code="X", kind="ninth", parameters={}), shipped("RW")) == []


def test_two_kinds_of_one_name_are_refused(folders: tuple[Path, Path]) -> None:
    (folders[0] / "a_ninth_kind.py").write_text(NINTH.format(name="send-letter"))
    with pytest.raises(ValueError, match="send-letter is declared twice"):
        event_types.kinds()


def test_a_file_that_declares_no_kind_is_refused(folders: tuple[Path, Path]) -> None:
    (folders[0] / "a_ninth_kind.py").write_text("")
    with pytest.raises(AttributeError, match="KIND"):
        event_types.kinds()


def test_a_further_consumer_is_found_by_its_file_and_told_of_its_facts(folders: tuple[Path, Path]) -> None:
    (folders[1] / "a_fifth_consumer.py").write_text(FIFTH.format(name="fifth"))
    assert "fifth" in {consumer.name for consumer in downstream.consumers()}
    story = Story(account())
    story.ask()
    story.run_due()
    told = downstream.project(story.facts)
    assert len(told) > 1
    heard = sys.modules["handlers.downstream.a_fifth_consumer"].HEARD
    assert heard == [fact for fact in story.facts if isinstance(fact, DemeritRecorded)]


def test_two_consumers_of_one_name_are_refused(folders: tuple[Path, Path]) -> None:
    (folders[1] / "a_fifth_consumer.py").write_text(FIFTH.format(name="letter"))
    with pytest.raises(ValueError, match="letter is declared twice"):
        downstream.consumers()


@given(st.lists(st.text(st.characters(exclude_categories=["Cc", "Cs"]), max_size=12), min_size=1, max_size=5))
def test_an_identifier_is_the_uuid5_of_its_parts(parts: list[str]) -> None:
    root = uuid5(NAMESPACE_URL, "https://writeoff.dev/effects/v1")
    assert identity.derive(*parts) == str(uuid5(root, "\x1f".join(parts)))
