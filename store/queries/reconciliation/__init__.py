"""The equations of R29, each as one set of signed entries that come to nothing."""

from store.queries.reconciliation.acknowledged import Expected, acknowledgements
from store.queries.reconciliation.equation import Equation, OffBalance, Total, off_balance, totals
from store.queries.reconciliation.ledger import ledger_equations
from store.queries.reconciliation.traffic import traffic_equations

__all__ = [
    "Equation",
    "Expected",
    "OffBalance",
    "Total",
    "acknowledgements",
    "ledger_equations",
    "off_balance",
    "totals",
    "traffic_equations",
]
