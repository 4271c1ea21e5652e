"""What was decided comes out again from the basis and the policy that are stored with it (R23)."""

import msgspec
import pytest

from handlers.money.recomputing import NotComputable, Stored, recompute
from tests.unit.decisions.cases import Story, account, of, policy
from tests.unit.decisions.test_written_off import SYSTEM, written_off
from writeoff.facts import JournalPosted
from writeoff.journal import Posted


def stored(story: Story, **changes: object) -> list[Stored]:
    """Return the journals of a story as the ledger keeps them."""
    return [
        Stored(
            **(
                {
                    "kind": fact.journal.kind,
                    "opco": fact.cause.opco,
                    "account_id": str(fact.cause.account_id),
                    "process_id": fact.cause.process_id,
                    "payment_id": fact.journal.payment_id,
                    "policy": policy(),
                    "basis": fact.journal.basis,
                    "on": fact.journal.transaction_date,
                    "posted": Posted(
                        journal_id=fact.journal.journal_id,
                        event_sequence=fact.journal.event_sequence,
                        fulfilment_centre=fact.journal.fulfilment_centre,
                        lines=fact.journal.lines,
                    ),
                }
                | changes
            )
        )
        for fact in of(JournalPosted, story.facts)
    ]


@pytest.mark.parametrize(
    ("story", "kind"),
    [
        (written_off(), "write-off"),
        (written_off(account(), "repossession", SYSTEM), "repossession"),
        (written_off(account(), "opt_out", SYSTEM), "write-off"),
    ],
)
def test_each_disposition_comes_out_again(story: Story, kind: str) -> None:
    [journal] = stored(story)
    assert journal.kind == kind
    assert recompute(journal) == journal.posted.lines


def test_other_figures_give_other_lines() -> None:
    [journal] = stored(written_off())
    basis = msgspec.json.decode(journal.basis)
    basis["debts"][0]["balance"] -= 1
    other = msgspec.structs.replace(journal, basis=msgspec.json.encode(basis))
    assert recompute(other) != journal.posted.lines


@pytest.mark.parametrize("basis", [b"{}", b"torn", b'{"event_type": "NONE", "debts": []}'])
def test_a_basis_that_gives_no_lines_is_said_to(basis: bytes) -> None:
    [journal] = stored(written_off(), basis=basis)
    with pytest.raises(NotComputable):
        recompute(journal)


def test_a_reversal_of_nothing_is_said_to_be_one() -> None:
    [journal] = stored(written_off(), kind="reversal", payment_id="PAY-1")
    with pytest.raises(NotComputable, match="is not there"):
        recompute(journal)
