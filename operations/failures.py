"""What an operator is told when something cannot be done, and the exit code that says which kind it is."""

from enum import IntEnum

from writeoff.errors import WriteoffError


class ExitCode(IntEnum):
    """How a command ended."""

    OK = 0
    FAILED = 1
    UNUSABLE = 2
    NOT_FOUND = 3
    UNAVAILABLE = 4
    #: What a reconciliation or an audit found, or a recomputation that gave other figures.
    DIFFERENCES = 5
    #: As a shell has it for a program that SIGINT ended.
    INTERRUPTED = 130


class CommandFailed(WriteoffError):
    """A command could not do what it was asked."""

    exit_code = ExitCode.FAILED


class Unusable(CommandFailed):
    """A setting, an argument or a policy cannot be used as it is."""

    exit_code = ExitCode.UNUSABLE


class NotFound(CommandFailed):
    """What was asked for is not there."""

    exit_code = ExitCode.NOT_FOUND


class Unavailable(CommandFailed):
    """A server does not answer, or is not ready for this version."""

    exit_code = ExitCode.UNAVAILABLE
