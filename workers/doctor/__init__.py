"""What weakens a promise on this installation: told at start, where a role may refuse, and by command."""

from workers.doctor.examination import Examination, checks, examine
from workers.doctor.finding import Check, Finding
from workers.doctor.installation import Installation
from workers.doctor.starting import RoleRefused, admit

__all__ = [
    "Check",
    "Examination",
    "Finding",
    "Installation",
    "RoleRefused",
    "admit",
    "checks",
    "examine",
]
