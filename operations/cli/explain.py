"""Explaining an id."""

from typing import Annotated

import typer
from rich.console import Console

from operations.cli.options import Json
from operations.cli.printing import ABSENT, emit, exact, fields, grouped, heading, note, shown
from operations.database import reading
from operations.explain.story import Back, Caused, Story
from operations.explain.telling import tell
from operations.failures import ExitCode, NotFound
from workers.settings import Settings

Wanted = Annotated[
    str,
    typer.Argument(
        metavar="ID", help="Of a journal, a line (JOURNAL/3), a letter, a referral, a to-do or a message."
    ),
]


def explain(wanted: Wanted, as_json: Json = False) -> int:  # noqa: FBT002 - an option
    """Tell where something came from and what it caused; exits 5 if its figures do not come out again."""
    with reading(Settings()) as tx:
        story = tell(tx, wanted)
    if story is None:
        raise NotFound(f"No journal, line, letter, referral, to-do or message has the id {wanted!r}.")
    emit(story, lambda to: _draw(to, story), as_json=as_json)
    wrong = story.recomputed is not None and not story.recomputed.same
    return ExitCode.DIFFERENCES if wrong else ExitCode.OK


def _draw(to: Console, story: Story) -> None:
    to.print(f"{story.kind} {story.id}", style="bold", markup=False)
    fields(to, [("account", story.account_id), ("opco", story.opco), *story.fields.items()])
    if story.lines:
        _lines(to, story)
    _back(to, story.back)
    if story.recomputed is not None:
        heading(to, "Computed again")
        same = "From the stored basis and policy version the same lines come out."
        for text in story.recomputed.differences or [same]:
            note(to, text)
    heading(to, "What it caused")
    for each in story.caused:
        exact(to, f"{each.what} {each.id}")
        note(to, _detail(each))


def _lines(to: Console, story: Story) -> None:
    heading(to, "Lines")
    for line in story.lines:
        of = f"{line.gl_account} {line.distribution_code}, {line.sa_id or 'no agreement'}"
        to.print(f"{line.line}  {line.side} {grouped(line.amount)}  {of}", markup=False)
        for each in line.sources:
            what = f"transaction {each.ft_id}" if each.ft_id else "what is held"
            note(to, f"{grouped(each.amount)} from {what} of {each.sa_id}, {each.distribution_code}")
    if story.basis and "account_version" in story.basis:
        version, as_of = story.basis["account_version"], story.basis["as_of"]
        note(to, f"decided on version {version} of the account, as of {as_of}; --json has all of it")


def _back(to: Console, back: Back) -> None:
    heading(to, "Where it came from")
    event, process, request, policy = back.event, back.process, back.request, back.policy
    pairs: list[tuple[str, object]] = []
    if event is not None:
        done = f"{event.status} {shown(event.completed_on)}" if event.completed_on else event.status
        pairs.append(("event", f"{event.sequence} {event.event_type} ({event.kind}), {done}"))
    if process is not None:
        ended = f", {process.end_reason}" if process.end_reason else ""
        text = f"{process.process_id} of {process.created_on}, {process.template}, {process.status}{ended}"
        pairs.append(("process", text))
    if request is not None:
        text = f"{request.request_id} by {request.requested_by} ({request.roles}): {request.reason}"
        pairs.append(("request", text))
    if policy is not None:
        pairs.append(("policy", f"{policy.version}, {policy.digest}"))
    fields(to, pairs)
    for each in back.inbound:
        to.print(f"{each.type} {each.id}", markup=False)
        note(to, f"from {each.source}, {each.queue}, {shown(each.received_at)}, {each.verdict}")
        if each.gone:
            note(to, f"SHA-256 {each.sha256}")
            note(to, f"bytes: no longer kept, cleaned up with the month of {each.received_on}")
            continue
        note(to, f"SHA-256 {each.sha256}, {'intact' if each.intact else 'NOT the bytes that came'}")
        note(to, f"bytes: inbox_body, received_on {each.received_on}, source and id as above")
    if not back.inbound:
        note(to, "no inbound message is known, or none is kept any more")


def _detail(each: Caused) -> str:
    if each.published is None:
        return each.detail or ABSENT
    told = "published" if each.published else "not published yet"
    gone = ", text no longer kept" if each.text_gone else ""
    return f"{each.detail}, {told}" + (f", {each.acknowledged}" if each.acknowledged else "") + gone
