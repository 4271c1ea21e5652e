"""What is done about dead letters: one, several, or all that match; broken off, the same order goes on."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from messages import codec
from messages.inbound.data import InboundData
from messages.inbound.operations.handle_dead_letter import DiscardDeadLetter, EditDeadLetter, RetryDeadLetter
from messages.malformed import Malformed
from operations.actor import operator
from operations.cli.dead_letter_options import All, DryRun, Ids, Queue, Reason, Since, Type, chosen, filter_of
from operations.cli.dead_letter_outcomes import Outcomes
from operations.cli.options import As, Json
from operations.database import opened
from operations.failures import Unusable
from operations.many import Orders
from operations.orders import opcos_named
from store.engine.database import Database
from store.traffic import dead_letters
from workers.intake.storable import storable
from workers.settings import Settings

Because = Annotated[
    str | None, typer.Option("--because", help="What was done about the cause; kept with the letter.")
]


def retry(
    ids: Ids = None,
    *,
    reason: Reason = None,
    queue: Queue = None,
    type_name: Type = None,
    since: Since = None,
    every: All = False,
    because: Because = None,
    dry_run: DryRun = False,
    named: As = None,
    as_json: Json = False,
) -> None:
    """Have dead letters read again, exactly like what comes: what can be used now is decided."""
    which = filter_of(reason=reason, queue=queue, type_name=type_name, since=since)
    _act(
        chosen(Settings(), ids, which, every=every),
        lambda _, rows: [
            RetryDeadLetter(dead_letter_id=row.dead_letter_id, reason=_said(because)) for row in rows
        ],
        named,
        Outcomes(act="retried", dry_run=dry_run, as_json=as_json),
    )


def discard(
    ids: Ids = None,
    *,
    because: Annotated[str, typer.Option("--because", help="Why nothing shall come of it.")],
    reason: Reason = None,
    queue: Queue = None,
    type_name: Type = None,
    since: Since = None,
    every: All = False,
    dry_run: DryRun = False,
    named: As = None,
    as_json: Json = False,
) -> None:
    """Put dead letters away, with a reason. Their bytes are kept, and they are shown if they come again."""
    why = _said(because)
    if why is None:
        raise Unusable("--because is empty: say why nothing shall come of it.")
    which = filter_of(reason=reason, queue=queue, type_name=type_name, since=since)
    _act(
        chosen(Settings(), ids, which, every=every),
        lambda _, rows: [DiscardDeadLetter(dead_letter_id=row.dead_letter_id, reason=why) for row in rows],
        named,
        Outcomes(act="discarded", dry_run=dry_run, as_json=as_json),
    )


def edit(
    ids: Ids = None,
    *,
    body: Annotated[
        Path | None, typer.Option("--body", help="File with the corrected body, of one letter.")
    ] = None,
    merge: Annotated[
        str | None,
        typer.Option(
            "--merge", help="JSON that is merged into each body (RFC 7396): null takes a field away."
        ),
    ] = None,
    revision: Annotated[
        int | None, typer.Option("--revision", min=0, help="With --body: the revision that was looked at.")
    ] = None,
    content_type: Annotated[
        str | None, typer.Option("--content-type", help="Instead of the one it came with.")
    ] = None,
    header: Annotated[
        list[str] | None, typer.Option("--header", help="NAME=VALUE; once for each. NAME= takes it away.")
    ] = None,
    reason: Reason = None,
    queue: Queue = None,
    type_name: Type = None,
    since: Since = None,
    every: All = False,
    because: Because = None,
    dry_run: DryRun = False,
    named: As = None,
    as_json: Json = False,
) -> None:
    """Correct dead letters and have them read, under a new id that names the old letter. Once for each."""
    which = filter_of(reason=reason, queue=queue, type_name=type_name, since=since)
    if body is not None and (revision is None or merge is not None or len(ids or ()) != 1):
        raise Unusable("--body is for one letter: name it, and with --revision the revision you looked at.")
    if body is None and merge is None and not header and content_type is None:
        raise Unusable("Say what to correct: --body, --merge, --header or --content-type.")
    patch = _json(merge)
    text = _text(body) if body is not None else None
    headers = dict(_header(each) for each in header or ()) or None
    settings = Settings()

    def corrected(database: Database, rows: Sequence[Any]) -> list[InboundData]:
        texts = {row.dead_letter_id: text for row in rows if text is not None}
        if text is None:
            with database.read() as tx:
                kept = dead_letters.kept(tx, (row.dead_letter_id for row in rows))
            texts = {name: _merged(letter.received.body, patch) for name, letter in kept.items()}
        return [
            EditDeadLetter(
                dead_letter_id=row.dead_letter_id,
                revision=row.revision if revision is None else revision,
                body=texts[row.dead_letter_id] or "",
                content_type=content_type,
                headers=headers,
                reason=_said(because),
            )
            for row in rows
        ]

    _act(
        chosen(settings, ids, which, every=every),
        corrected,
        named,
        Outcomes(act="edited", dry_run=dry_run, as_json=as_json),
    )


def _act(
    rows: Sequence[Any],
    make: Callable[[Database, Sequence[Any]], Sequence[InboundData]],
    named: str | None,
    outcomes: Outcomes,
) -> None:
    settings = Settings()
    who = operator(settings, named)
    served = opcos_named(settings, None)
    with opened(settings) as database:

        def commands(some: Sequence[Any]) -> list[tuple[str, InboundData]]:
            # A command needs an opco; for a letter of none, or of one not served, it is the first.
            opcos = [row.opco if row.opco in served else served[0] for row in some]
            return list(zip(opcos, make(database, some), strict=True))

        orders = Orders(
            database,
            who,
            commands,
            size=lambda row: int(row.size),
            name=lambda row: str(row.dead_letter_id),
            dry_run=outcomes.dry_run,
        )
        try:
            for done, written in orders.submit(rows):
                outcomes.take(done, written)
        finally:
            outcomes.print(len(rows))
    outcomes.refuse_if_any()


def _said(text: str | None) -> str | None:
    return (text or "").strip() or None


def _text(path: Path) -> str:
    try:
        return path.read_bytes().decode()
    except OSError as error:
        raise Unusable(f"--body {path}: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise Unusable(f"--body {path}: byte {error.start} is not UTF-8.") from error


def _json(text: str | None) -> Any:
    if text is None:
        return {}
    try:
        patch = codec.decode(text.encode())
    except Malformed as malformed:
        raise Unusable(f"--merge: {malformed.problem}") from malformed
    if not isinstance(patch, dict):
        raise Unusable("--merge: write a JSON object with the fields to change.")
    return patch


def _header(text: str) -> tuple[str, str | None]:
    name, equals, value = text.partition("=")
    if not name or not equals:
        raise Unusable(f"--header {text!r}: write NAME=VALUE.")
    return name, value or None


def _merged(body: bytes, patch: Any) -> str:
    """Return a body with the patch, or as it is where it is no JSON: then the edit is refused."""
    try:
        return codec.encode(merged(codec.decode(body), patch)).decode()
    except Malformed:
        return str(storable(body.decode(errors="replace")))


def merged(target: Any, patch: Any) -> Any:
    """Apply a merge patch (RFC 7396 §2)."""
    if not isinstance(patch, dict):
        return patch
    result = dict(target) if isinstance(target, dict) else {}
    for name, value in patch.items():
        if value is None:
            result.pop(name, None)
        else:
            result[name] = merged(result.get(name), value)
    return result
