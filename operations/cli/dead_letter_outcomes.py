"""What came of an order about dead letters, counted set by set."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

import typer

from operations.cli.printing import emit, safe, table
from operations.orders import Refused, sentence
from operations.views.view import View
from workers.intake.operators import Outcome, Written

#: Letters that are named on the terminal; with `--json` all are.
NAMED = 20


class Handled(View, frozen=True, kw_only=True):
    """What came of one letter. `state` is its message's in the journal, with the code it was refused for."""

    dead_letter_id: str
    refusal: str | None
    message: str | None
    source: str | None
    message_id: str | None
    state: str | None
    answer: str | None
    known: bool


class WrittenFact(View, frozen=True, kw_only=True):
    """A fact that would be written."""

    fact: str
    opco: str
    account_id: str | None
    process_id: str | None


class WrittenMessage(View, frozen=True, kw_only=True):
    """A message that would go out. `message_id` is the one it will have."""

    destination: str
    type: str
    message_id: str


class Report(View, frozen=True, kw_only=True):
    """What was done, or would be: `facts` and `messages` are those of a dry run."""

    dry_run: bool
    done: int
    refused: int
    letters: list[Handled]
    facts: list[WrittenFact]
    messages: list[WrittenMessage]


class Outcomes:
    """Collects what sets of commands did, and says so."""

    def __init__(self, *, act: str, dry_run: bool, as_json: bool) -> None:
        self.act = act
        self.dry_run = dry_run
        self._as_json = as_json
        self._letters: list[Handled] = []
        self._facts: list[WrittenFact] = []
        self._messages: list[WrittenMessage] = []

    def take(self, outcomes: Sequence[Outcome], written: Written | None) -> None:
        """Note what came of a set."""
        for each in outcomes:
            data: Any = each.command.data
            handed = each.handed_over
            self._letters.append(
                Handled(
                    dead_letter_id=data.dead_letter_id,
                    refusal=each.refusal,
                    message=sentence(each) if each.refusal is not None else None,
                    source=handed.source if handed else None,
                    message_id=handed.message_id if handed else None,
                    state=handed.state if handed else None,
                    answer=handed.refusal if handed else None,
                    known=handed.again if handed else False,
                )
            )
        if written is not None:
            self._facts += [
                WrittenFact(
                    fact=type(fact).__name__,
                    opco=fact.cause.opco,
                    account_id=fact.cause.account_id,
                    process_id=fact.cause.process_id,
                )
                for fact in written.facts
            ]
            self._messages += [
                WrittenMessage(
                    destination=each.destination, type=each.message.type, message_id=each.message.id
                )
                for each in written.messages
            ]

    @property
    def _refused(self) -> list[Handled]:
        return [each for each in self._letters if each.refusal is not None]

    def print(self, chosen: int) -> None:
        """Say what was done, of how many, and what was not."""
        done = len(self._letters) - len(self._refused)
        report = Report(
            dry_run=self.dry_run,
            done=done,
            refused=len(self._refused),
            letters=self._letters,
            facts=self._facts,
            messages=self._messages,
        )
        emit(report, lambda to: self._draw(to, done, chosen), as_json=self._as_json)

    def _draw(self, to: Any, done: int, chosen: int) -> None:
        if not chosen:
            to.print("No dead letter matches.")
            return
        would = "would be " if self.dry_run else ""
        noun = "dead letter" if chosen == 1 else "dead letters"
        to.print(f"{done:,} of {chosen:,} {noun} {would}{self.act}.")
        for each in [each for each in self._letters if each.message_id is not None][:NAMED]:
            state = f"refused, {each.answer}" if each.answer else each.state or ""
            known = ", which had come another way before" if each.known else ""
            to.print(
                f"  {each.dead_letter_id}  is {safe(each.message_id or '')}: {state}{known}", markup=False
            )
        if self.dry_run:
            facts = Counter(each.fact for each in self._facts)
            messages = Counter((each.destination, each.type) for each in self._messages)
            table(to, ["Fact", "Times>"], sorted(facts.items()), "Facts that would be written")
            told = [(*key, count) for key, count in sorted(messages.items())]
            table(to, ["To", "Message", "Times>"], told, "Messages that would go out")

    def refuse_if_any(self) -> None:
        """Name on stderr what was refused; raises `Refused` for the last line where anything was."""
        refused = self._refused
        if not refused:
            return
        if len(self._letters) == 1:
            raise Refused(refused[0].message or "")
        for each in refused[:NAMED]:
            typer.echo(f"writeoff: {each.dead_letter_id}: {each.message}", err=True)
        more = f"; {len(refused) - NAMED:,} more are not named" if len(refused) > NAMED else ""
        raise Refused(f"{len(refused):,} of {len(self._letters):,} were refused{more}.")
