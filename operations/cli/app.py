"""The commands put together, and the one place where an error becomes a sentence and an exit code."""

import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import typer
from pydantic import ValidationError

from operations.cli import (
    business_date,
    candidates,
    db,
    dead_letter,
    demo,
    kind,
    policy,
    process,
    queue,
    request,
    run,
    version,
)
from operations.cli.logging import quiet
from operations.failures import CommandFailed, ExitCode
from store.errors import StoreBusy, StoreUnavailable
from workers.bootstrap import SettingMissing
from workers.brokers import BrokerUnavailable, UnusableBrokerUrl
from workers.tasks import TasksUnavailable
from writeoff.errors import PolicyInvalid, WriteoffError

#: What an error of another room means to whoever typed the command.
_EXIT_CODES: tuple[tuple[tuple[type[Exception], ...], ExitCode], ...] = (
    ((SettingMissing, PolicyInvalid, UnusableBrokerUrl), ExitCode.UNUSABLE),
    ((StoreUnavailable, StoreBusy, BrokerUnavailable, TasksUnavailable), ExitCode.UNAVAILABLE),
)

app = typer.Typer(
    name="writeoff",
    help="The write-off worker: run it, look into it, steer it.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("up")(run.up)
app.add_typer(run.app, name="run")
app.command("demo")(demo.demo)
app.add_typer(db.app, name="db")
app.add_typer(queue.app, name="queue")
app.add_typer(process.app, name="process")
app.add_typer(request.app, name="request")
app.command("candidates")(candidates.candidates)
app.add_typer(dead_letter.app, name="dead-letter")
app.add_typer(kind.app, name="kind")
app.add_typer(policy.app, name="policy")
app.add_typer(business_date.app, name="business-date")
app.command("version")(version.version)


def main() -> None:
    """Run the command of this process's arguments, and exit."""
    sys.exit(execute(sys.argv[1:]))


def execute(arguments: Sequence[str]) -> int:
    """Run one command; return its exit code. Says one sentence on stderr when it is not zero."""
    quiet()
    try:
        result = app(args=list(arguments), prog_name="writeoff", standalone_mode=False)
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


def _sentence(error: Exception) -> tuple[str, ExitCode]:
    match error:
        case CommandFailed():
            return str(error), error.exit_code
        case ValidationError():
            return _of_settings(error), ExitCode.UNUSABLE
        case WriteoffError():
            code = next((code for kinds, code in _EXIT_CODES if isinstance(error, kinds)), ExitCode.FAILED)
            return str(error), code
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    place = f" at {Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}" if trace else ""
    return f"A bug, please report it: {type(error).__name__}: {error}{place}", ExitCode.FAILED


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
