"""`docs/messages.md` names everything that can be on the wire."""

import re
from typing import get_args

import pytest

from messages import destinations, inbound, malformed, outbound, schemas

TEXT = (schemas.DOCS / "messages.md").read_text(encoding="utf-8")
QUEUES = (*destinations.INBOUND, *destinations.outbound([]), destinations.UNDELIVERED)


@pytest.mark.parametrize("name", inbound.TYPES)
def test_every_inbound_type_has_a_section(name: str) -> None:
    assert f"\n### {name}" in TEXT


@pytest.mark.parametrize("name", outbound.TYPES)
def test_every_outbound_type_has_a_row(name: str) -> None:
    assert f"\n| `{name}` |" in TEXT


@pytest.mark.parametrize("reason", get_args(malformed.Reason))
def test_every_reason_has_a_row(reason: str) -> None:
    assert f"\n| `{reason}` |" in TEXT


@pytest.mark.parametrize(
    "name", [*(queue.name for queue in QUEUES), *(exchange.name for exchange in destinations.EXCHANGES)]
)
def test_every_queue_and_exchange_is_named(name: str) -> None:
    assert f"`{name}`" in TEXT


@pytest.mark.parametrize("link", sorted(set(re.findall(r"\]\((?!https)([^)#]+)\)", TEXT))))
def test_every_link_leads_somewhere(link: str) -> None:
    assert (schemas.DOCS / link).exists()
