"""The totals of a plan: per GL account, of letters, referrals and refusals (R4). Amounts in minor units."""

from collections import Counter

from handlers.planning.plan import AccountPlan, lines_of
from writeoff.facts import ContactRecorded, Fact, JournalPosted, ReferralPlaced, TodoCreated
from writeoff.journal import JournalLine

#: The facts that are counted, told from the many that are not before each is looked at.
_COUNTED = frozenset({ContactRecorded, JournalPosted, ReferralPlaced, TodoCreated})


class Totals:
    """Sums over accounts as they are planned; keeps none of them."""

    def __init__(self) -> None:
        self.accounts = 0
        self.eligible = 0
        self.amount = 0
        self.refusals: Counter[str] = Counter()
        self.templates: Counter[str] = Counter()
        self.events: Counter[tuple[str, str]] = Counter()
        self.debits: Counter[str] = Counter()
        self.credits: Counter[str] = Counter()
        self.letters = 0
        self.todos: Counter[str] = Counter()
        self.referred: Counter[str] = Counter()

    def add(self, plan: AccountPlan) -> None:
        """Count an account in."""
        self.accounts += 1
        if plan.process is not None:
            self.eligible += 1
            self.amount += plan.process.amount
            self.templates[plan.process.template] += 1
        elif plan.refusal is not None:
            self.refusals[plan.refusal] += 1
        for line in lines_of(plan.opening):
            self._add_line(line)
        for event in plan.events:
            self.events[event.kind, event.outcome] += 1
            for fact in event.facts:
                if type(fact) in _COUNTED:
                    self._add_fact(fact)

    def _add_fact(self, fact: Fact) -> None:
        match fact:
            case JournalPosted(journal=journal):
                for line in journal.lines:
                    self._add_line(line)
            case ContactRecorded():
                self.letters += bool(fact.recipients)
            case TodoCreated():
                self.todos[fact.todo_type] += 1
            case ReferralPlaced():
                self.referred[fact.agency] += fact.amount
            case _:
                pass

    def _add_line(self, line: JournalLine) -> None:
        sums = self.debits if line.side == "debit" else self.credits
        sums[line.gl_account] += line.amount

    @property
    def gl_accounts(self) -> list[str]:
        """Every GL account that is posted to, in order."""
        return sorted({*self.debits, *self.credits})
