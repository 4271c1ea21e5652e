"""The one error of this package: what was received is not a message that can be understood."""

from typing import Final, Literal

from writeoff.errors import WriteoffError

#: Why a message cannot be read; the reason of its dead letter.
Reason = Literal[
    "unreadable-body",  # no UTF-8, no JSON, or JSON that two readers could read in two ways
    "too-large",  # more bytes or values than `codec` parses
    "too-deep",  # nested deeper than `codec.MAX_DEPTH`
    "not-cloudevents",  # no CloudEvents 1.0 envelope, in either mode
    "unknown-type",  # an envelope whose `type` this product does not read
    "missing-field",  # a required field is absent
    "malformed-field",  # a field is there, but its value cannot be used
]

#: A path longer than this is cut: its names come from the sender and may be of any length.
MAX_PATH_LENGTH: Final = 200


class Malformed(WriteoffError):
    """The message cannot be understood; `path` says where, `problem` what is wrong and what to do.

    `path` reads like `data.accounts[0].account_id`, or is empty when the whole body is meant.
    `problem` is one plain sentence. It names types and limits, never a value that was received, because
    such a value may be a person's data.
    """

    def __init__(self, path: str, problem: str, reason: Reason = "malformed-field") -> None:
        self.path = path if len(path) <= MAX_PATH_LENGTH else path[: MAX_PATH_LENGTH - 3] + "..."
        self.problem = problem
        self.reason: Reason = reason
        super().__init__(f"{self.path or 'body'}: {problem} ({reason})")
