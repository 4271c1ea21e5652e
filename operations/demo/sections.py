"""The sections of the summary, from what came in to what could not be used."""

from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from operations.demo.accounts import COMPANIES
from operations.demo.figures import Figures
from operations.demo.followed import FOLLOWED
from operations.demo.ledger import Account
from operations.demo.tables import INDENT, amount, heading, indented, number, table
from operations.demo.words import in_words


def came_in(figures: Figures) -> RenderableType:
    """Show each inbound queue, and what became of its messages."""
    made = table("queue", "sent", "done", "refused", "repeated", "dead", "waiting", figures=6)
    for row in figures.came_in:
        made.add_row(
            row.queue,
            number(row.sent),
            number(row.done),
            number(row.refused),
            number(row.repeated),
            number(row.dead),
            number(row.waiting, "yellow"),
        )
    made.add_row("", Text(f"{sum(row.sent for row in figures.came_in):,}", style="bold"))
    explanation = "refused: answered with the reason; repeated: known already, nothing happens"
    return Group(heading("What came in", explanation), indented(made))


def events(figures: Figures) -> RenderableType:
    """Show each kind of event: how many ended how, and what came of them."""
    made = table("kind", "done", "canceled", "failed", "came of it", figures=3)
    for row in figures.events:
        made.add_row(
            row.kind,
            number(row.complete),
            number(row.canceled),
            number(row.failed, "red"),
            in_words(row.messages),
        )
    explanation = "canceled: the customer had paid; failed: a to-do asks a person"
    return Group(heading("What each kind of event did", explanation), indented(made))


def consumers(figures: Figures) -> RenderableType:
    """Show each consumer's queue, read to its end."""
    made = table("queue", "messages", "of which", figures=1, rest=True)
    for queue in figures.consumers:
        of_which = in_words(queue.messages)
        if queue.name == "gl":
            of_which = ", ".join(f"{count:,} {kind}" for kind, count in figures.journals.items())
        if queue.name in figures.still_referred:
            of_which += f", still {figures.still_referred[queue.name]}"
        made.add_row(queue.name, f"{sum(queue.messages.values()):,}", of_which or Text("nothing", "dim"))
    total = sum(sum(queue.messages.values()) for queue in figures.consumers)
    made.add_row("", Text(f"{total:,}", style="bold"), "")
    return Group(heading("What each consumer got", "every queue read and acknowledged"), indented(made))


def ledger(figures: Figures) -> RenderableType:
    """Show the general ledger, with the sums of each currency."""
    parts: list[RenderableType] = [
        heading("General ledger", f"{sum(figures.journals.values()):,} journals, each of them balanced")
    ]
    made = table("account", "debit", "credit", figures=2)
    for currency, accounts in sorted(figures.ledger.items()):
        made.add_row(Text(currency, style="bold"))
        for account in accounts:
            made.add_row(
                f"  {account.gl_account:7} {account.name}",
                amount(account.debit_minor, currency),
                amount(account.credit_minor, currency),
            )
        made.add_row(*_sums(accounts, currency))
    return Group(*parts, indented(made))


def one_account(figures: Figures) -> RenderableType:
    """Show what happened to one account, step by step."""
    made = table("date", "who is told", "what", rest=True)
    for step in figures.followed:
        made.add_row(step.on, step.queue, step.what)
    explanation = "pays a part of the debt between the agency and the write-off"
    return Group(heading(f"One account followed: {FOLLOWED}", explanation), indented(made))


def _sums(accounts: Sequence[Account], currency: str) -> tuple[Text, Text, Text]:
    debit = sum(account.debit_minor for account in accounts)
    credit = sum(account.credit_minor for account in accounts)
    even = debit == credit
    sign = Text("  ✓ debits = credits" if even else "  ✗ debits ≠ credits", "green" if even else "bold red")
    return sign, Text(amount(debit, currency), "bold"), Text(amount(credit, currency), "bold")


def todos(figures: Figures) -> RenderableType:
    """Show what people are asked to do."""
    made = table("role", "to-dos", "for example", figures=1, rest=True)
    for task in figures.todos:
        made.add_row(task.role, number(task.count), task.example)
    return Group(heading("What people are asked to do"), indented(made))


def refusals(figures: Figures) -> RenderableType:
    """Show why commands and accounts were refused, by company."""
    made = table("reason", *COMPANIES, "one of the answers", figures=len(COMPANIES), rest=True)
    for refusal in figures.refusals:
        by_company = [number(refusal.by_company.get(company, 0)) for company in COMPANIES]
        made.add_row(refusal.reason, *by_company, refusal.example)
    explanation = ", ".join(f"{count:,} {status}" for status, count in figures.answers.items())
    return Group(heading("Refused, and told why", f"of the answers {explanation}"), indented(made))


def dead_letters(figures: Figures) -> RenderableType:
    """Show what could not be used."""
    lines: list[RenderableType] = [heading("Dead letters", "kept to the byte, with the place and the reason")]
    for letter in figures.dead_letters:
        where = f" at {letter.path}" if letter.path else ""
        lines.append(Padding(f"{letter.queue}: {letter.reason}{where}", (0, 0, 0, INDENT)))
        lines.append(Padding(Text(letter.problem, "dim"), (0, 0, 0, 2 * INDENT)))
    return Group(*lines, "")
