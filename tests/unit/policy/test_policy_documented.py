"""`docs/policy.md` names every key, kind, algorithm and placeholder, and none that does not exist."""

import re
from pathlib import Path
from typing import Any, get_args

import msgspec
import pytest

from handlers.algorithms import registered
from handlers.event_types import kinds
from writeoff.policy import shape
from writeoff.policy.model import AttemptOutcome, AttemptReason, TaxTreatment, TodoPurpose
from writeoff.policy.texts import PLACEHOLDERS

DOCUMENT = Path(__file__).parents[3].joinpath("docs", "policy.md").read_text("utf-8")
KEYS = "| Key | Type | Meaning | Default | Rule |"

TABLES: dict[str, tuple[type[shape.Table], ...]] = {
    "Top level": (shape.PolicyTable,),
    "`[roles]`": (shape.RolesTable,),
    "`[attempts]`": (shape.AttemptsTable,),
    "`[distribution_codes.<code>]`": (shape.DistributionCodeTable,),
    "`[sa_types.<type>]`": (shape.SaTypeTable,),
    "`[write_off_sa_types.<type>]`": (shape.WriteOffSaTypeTable,),
    "`[event_types.<code>]`": (shape.EventTypeTable,),
    "`[templates.<name>]`": (shape.TemplateTable, shape.TemplateEventTable),
    "`[[approvals]]`": (shape.ApprovalRuleTable,),
    "`[[template_rules]]`": (shape.TemplateRuleTable,),
    "`[contact_types.<code>]`": (shape.ContactTypeTable,),
    "`[todo_types.<code>]`": (shape.TodoTypeTable,),
    "`[agencies.<code>]`": (shape.AgencyTable,),
    "`[acknowledgements.<consumer>]`": (shape.AcknowledgementTable,),
}


def section(heading: str) -> str:
    return DOCUMENT.split(f"\n## {heading}\n")[1].split("\n## ")[0]


def rows(text: str, header: str) -> dict[str, list[str]]:
    """Return the rows of the tables with that header, by what their first cell names."""
    found: dict[str, list[str]] = {}
    for table in re.findall(rf"^{re.escape(header)}\n\|[-|]+\|\n((?:\|.*\|\n)+)", text, re.MULTILINE):
        for line in table.splitlines():
            first, *others = (cell.strip() for cell in line.strip("|").split(" | "))
            found[first.strip("`")] = others
    return found


def fields(table: type[shape.Table]) -> dict[str, Any]:
    return {field.encode_name: field for field in msgspec.structs.fields(table)}


def test_every_table_of_the_file_has_its_section() -> None:
    documented = {table for tables in TABLES.values() for table in tables}
    assert documented == set(shape.Table.__subclasses__())


@pytest.mark.parametrize("heading", TABLES)
def test_every_key_is_documented_and_no_other(heading: str) -> None:
    keys = {key for table in TABLES[heading] for key in fields(table)}
    assert rows(section(heading), KEYS).keys() == keys


@pytest.mark.parametrize("heading", TABLES)
def test_a_key_is_documented_as_required_exactly_when_it_is(heading: str) -> None:
    documented = rows(section(heading), KEYS)
    for table in TABLES[heading]:
        for key, field in fields(table).items():
            assert (documented[key][2] == "required") is field.required, key


@pytest.mark.parametrize("heading", ["Top level", "`[attempts]`", "`[roles]`", "`[todo_types.<code>]`"])
def test_a_documented_default_is_the_default(heading: str) -> None:
    documented = rows(section(heading), KEYS)
    for table in TABLES[heading]:
        for key, field in fields(table).items():
            if isinstance(field.default, int | str | tuple):
                value = list(field.default) if isinstance(field.default, tuple) else field.default
                assert documented[key][2] == f"`{msgspec.json.encode(value).decode()}`".replace(",", ", ")


def test_every_occasion_for_a_to_do_is_documented() -> None:
    assert rows(section("`[todo_for]`"), KEYS).keys() == set(get_args(TodoPurpose))


def test_every_placeholder_is_documented() -> None:
    documented = rows(section("`[todo_types.<code>]`"), "| Placeholder | Stands for | Example |")
    assert documented.keys() == {f"{{{name}}}" for name in PLACEHOLDERS}


def test_every_reason_and_outcome_of_an_attempt_is_documented() -> None:
    text = section("`[attempts]`")
    assert rows(text, "| Outcome | Leads to |").keys() == set(get_args(AttemptOutcome))
    assert all(f"`{reason}`" in text for reason in get_args(AttemptReason))


def test_every_tax_treatment_is_documented() -> None:
    documented = rows(section("`[distribution_codes.<code>]`"), "| Treatment | A write-off debits | When |")
    assert documented.keys() == set(get_args(TaxTreatment))


def test_every_kind_is_documented_with_its_parameters() -> None:
    documented = rows(section("`[event_types.<code>]`"), "| Kind | Parameters |")
    assert documented.keys() == kinds().keys()
    for name, kind in kinds().items():
        for field in msgspec.structs.fields(kind.parameters):
            assert f"`{field.encode_name}`" in documented[name][0], (name, field.encode_name)


def test_every_algorithm_is_documented_with_its_parameters() -> None:
    documented = rows(section("`[event_types.<code>]`"), "| Algorithm | Does | Parameters |")
    assert documented.keys() == registered().keys()
    for name, algorithm in registered().items():
        for field in msgspec.structs.fields(algorithm.parameters):
            assert f"`{field.encode_name}`" in documented[name][1], (name, field.encode_name)
