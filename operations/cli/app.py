"""The commands put together, and the one place where an error becomes a sentence and an exit code."""

import os
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from importlib import import_module
from pathlib import Path

import typer
from pydantic import ValidationError

from operations.cli.logging import quiet
from operations.failures import CommandFailed, ExitCode
from writeoff.errors import WriteoffError

#: What the first word of a command names, in the order of the help: a module of this package, and what of it.
COMMANDS: Mapping[str, tuple[str, str]] = {
    "up": ("run", "up"),
    "run": ("run", "app"),
    "demo": ("demo", "demo"),
    "db": ("db", "app"),
    "doctor": ("doctor", "doctor"),
    "queue": ("queue", "app"),
    "process": ("process", "app"),
    "request": ("request", "app"),
    "plan": ("plan", "plan"),
    "bulk": ("bulk", "app"),
    "candidates": ("candidates", "candidates"),
    "explain": ("explain", "explain"),
    "reconcile": ("reconcile", "reconcile"),
    "audit": ("audit", "audit"),
    "report": ("report", "report"),
    "approve": ("decide", "approve"),
    "refuse": ("decide", "refuse"),
    "cancel": ("cancel", "cancel"),
    "retry": ("retry", "retry"),
    "reverse": ("reverse", "reverse"),
    "dead-letter": ("dead_letter", "app"),
    "outbox": ("outbox", "app"),
    "bench": ("bench", "bench"),
    "maintain": ("maintain", "maintain"),
    "prove": ("prove", "prove"),
    "kind": ("kind", "app"),
    "policy": ("policy", "app"),
    "period": ("period", "app"),
    "tax-claim": ("tax_claim", "app"),
    "business-date": ("business_date", "app"),
    "version": ("version", "version"),
}


def main() -> None:
    """Run the command of this process's arguments, and exit."""
    sys.exit(execute(sys.argv[1:]))


def execute(arguments: Sequence[str]) -> int:
    """Run one command; return its exit code. Says one sentence on stderr when it is not zero."""
    quiet()
    try:
        result = application(arguments)(args=list(arguments), prog_name="writeoff", standalone_mode=False)
        sys.stdout.flush()
    except typer.TyperException as error:
        # Without arguments the help has been printed, and there is nothing to add.
        return _say(error.format_message(), ExitCode.UNUSABLE)
    except (KeyboardInterrupt, typer.Abort):
        return ExitCode.INTERRUPTED
    except BrokenPipeError:
        _forget_stdout()
        return ExitCode.OK
    except Exception as error:  # noqa: BLE001 - an operator gets a sentence, never a traceback
        return _say(*_sentence(error))
    return int(result or ExitCode.OK)


def application(arguments: Sequence[str] = ()) -> typer.Typer:
    """Return the commands that the arguments may mean: the one they name, else all.

    Most of a command's time is imports: `db check` takes 0.5 s without those of the roles, and 0.9 with them.
    """
    app = typer.Typer(
        name="writeoff",
        help="The write-off worker: run it, look into it, steer it.",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    # One command alone would be the whole program: Typer keeps its name where there is a callback.
    app.callback()(_together)
    named = arguments[0] if arguments and arguments[0] in COMMANDS else None
    for name, (module, attribute) in COMMANDS.items():
        if named in {None, name}:
            found = getattr(import_module(f"operations.cli.{module}"), attribute)
            if isinstance(found, typer.Typer):
                app.add_typer(found, name=name)
            else:
                app.command(name)(found)
    return app


def _together() -> None:
    """The write-off worker: run it, look into it, steer it."""


def _sentence(error: Exception) -> tuple[str, ExitCode]:
    match error:
        case CommandFailed():
            return str(error), error.exit_code
        case ValidationError():
            return _of_settings(error), ExitCode.UNUSABLE
        case WriteoffError():
            return str(error), _code_of(error)
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    place = f" at {Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}" if trace else ""
    return f"A bug, please report it: {type(error).__name__}: {error}{place}", ExitCode.FAILED


def _code_of(error: WriteoffError) -> ExitCode:
    """Return what an error of another room means to whoever typed the command."""
    from operations.cli.exit_codes import EXIT_CODES  # noqa: PLC0415 - only where something is wrong

    return next((code for kinds, code in EXIT_CODES if isinstance(error, kinds)), ExitCode.FAILED)


def _of_settings(error: ValidationError) -> str:
    """Name the variables that cannot be used, never their values: they may be secrets."""
    return "; ".join(
        f"WRITEOFF_{'_'.join(str(part) for part in each['loc']).upper()}: {each['msg']}"
        for each in error.errors(include_input=False, include_context=False, include_url=False)
    )


def _say(sentence: str, code: ExitCode) -> int:
    if sentence:
        with suppress(BrokenPipeError):
            sys.stderr.write(f"writeoff: {sentence}\n")
    return code


def _forget_stdout() -> None:
    """The reader, such as `head`, has gone: Python must not complain of it once more at its end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
