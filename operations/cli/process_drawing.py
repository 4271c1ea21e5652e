"""A process as people read it: in the order in which things happened, amounts with their currency."""

from rich.console import Console

from operations.cli.printing import fields, grouped, heading, note, table
from operations.views.process import Process

#: So much of a digest tells policy versions apart.
DIGEST = 12


def draw(to: Console, process: Process) -> None:
    """Print a process; parts that it does not have are left out."""
    _header(to, process)
    _steps(to, process)
    _effects(to, process)
    _journals(to, process)
    _messages(to, process)


def _header(to: Console, process: Process) -> None:
    ended = (
        f"{process.status}, {process.end_reason} on {process.ended_on}"
        if process.ended_on
        else process.status
    )
    heading(to, f"Process {process.process_id}")
    fields(
        to,
        [
            ("Account", f"{process.account_id} ({process.opco})"),
            ("Status", ended),
            ("Amount", f"{process.currency} {grouped(process.amount)} at the start, {process.created_on}"),
            ("Asked by", f"{process.request_id} ({process.origin}{', bulk' if process.bulk else ''})"),
            ("Why", f"{process.disposition}, {process.reason}"),
            ("Template", f"{process.template}, policy {process.policy_digest[:DIGEST]}"),
            ("Correlation", process.correlation_id),
        ],
    )
    if process.reversal is not None:
        undone, currency = process.reversal, process.currency
        note(
            to,
            f"Reversed on {undone.reversed_on} by {undone.actor} ({undone.request_id}): {undone.reason}. "
            f"{currency} {grouped(undone.amount)} owed again, {grouped(undone.recoveries_kept)} stays paid.",
        )
    if process.agreements:
        rows = [(each.sa_id, each.sa_type, grouped(each.amount), each.left) for each in process.agreements]
        table(to, ["Agreement", "Type", "Amount>", "Left"], rows, "Agreements")


def _steps(to: Console, process: Process) -> None:
    rows = [
        (
            each.sequence,
            each.event_type,
            each.status,
            each.trigger_date,
            each.due_on,
            each.completed_on,
            each.amount and grouped(each.amount),
        )
        for each in process.events
    ]
    table(to, ["#>", "Event", "Status", "Trigger!", "Due!", "Done!", "Amount>"], rows, "Steps")
    for each in process.events:
        if each.status == "failed" or each.attempts:
            tried = f", {each.attempts} attempts went wrong" if each.attempts else ""
            note(to, f"{each.sequence}: {each.reason or each.status}{tried}; {each.detail or 'no detail'}")
        elif each.status == "pending" and each.reason:
            note(to, f"{each.sequence}: {each.reason}")


def _effects(to: Console, process: Process) -> None:
    if process.demerits:
        marks = [
            (
                each.event_sequence,
                each.credit_rating_points,
                each.cash_only_points,
                each.effective_from,
                each.ended_on or each.effective_to,
            )
            for each in process.demerits
        ]
        table(to, ["#>", "Rating>", "Cash-only>", "From!", "To!"], marks, "Demerits")
    if process.referrals:
        changes = [
            (
                each.event_sequence,
                each.agency,
                change.activity_date,
                change.history_reason,
                grouped(change.amount),
                change.reason,
            )
            for each in process.referrals
            for change in each.history
        ]
        table(to, ["#>", "Agency", "On!", "What", "Amount>", "Why"], changes, "Referrals")
        said = [
            (
                each.event_sequence,
                each.agency,
                reply.activity_date,
                reply.reply,
                grouped(reply.amount) if reply.amount is not None else "",
                reply.reason or reply.agency_reference,
            )
            for each in process.referrals
            for reply in each.replies
        ]
        if said:
            table(to, ["#>", "Agency", "On!", "Said", "Amount>", "Why"], said, "Replies of agencies")
    if process.contacts:
        written = [
            (
                each.event_sequence,
                each.person_id,
                each.contact_class,
                each.contact_type,
                each.contacted_on,
                each.letter,
            )
            for each in process.contacts
        ]
        table(to, ["#>", "Person", "Class", "Type", "On!", "Letter"], written, "Customer contacts")
    if process.todos:
        tasks = [
            (each.event_sequence, each.role, each.priority, each.status, each.subject)
            for each in process.todos
        ]
        table(to, ["#>", "Role", "Priority>", "Status", "Subject"], tasks, "To-dos")
    if process.goods:
        things = [
            (each.sa_id, each.product_id, each.returned, each.lost, each.restored) for each in process.goods
        ]
        table(to, ["Agreement", "Product", "Returned>", "Lost>", "Restored>"], things, "Goods")


def _journals(to: Console, process: Process) -> None:
    for journal in process.journals:
        moved = f", moved from {journal.moved_from_period}" if journal.moved_from_period else ""
        rows = [
            (
                line.gl_account,
                line.distribution_code,
                line.sa_id,
                grouped(line.amount) if line.side == "debit" else "",
                grouped(line.amount) if line.side == "credit" else "",
            )
            for line in journal.lines
        ]
        rows.append(("", "", journal.currency, grouped(journal.total), grouped(journal.total)))
        title = f"Journal {journal.journal_id}: {journal.kind}, posted {journal.posting_date}{moved}"
        table(to, ["GL account", "Code", "Agreement", "Debit>", "Credit>"], rows, title)
    if process.held:
        held = [
            (
                each.write_off_sa_type,
                each.distribution_code,
                each.treatment,
                grouped(each.written_off),
                grouped(each.held),
            )
            for each in process.held
        ]
        table(to, ["Write-off SA", "Code", "Treatment", "Written off>", "Still held>"], held, "Held")


def _messages(to: Console, process: Process) -> None:
    rows = [(each.created_at, each.destination, each.type, each.published) for each in process.messages]
    table(to, ["Made!", "Destination", "Type", "Published"], rows, "Messages")
