"""Running the worker: one role a process, or everything at once."""

import typer

from workers.roles.running import run_role
from workers.roles.supervisor import up as run_up
from workers.settings import Settings

app = typer.Typer(help="Run one role in this process, until SIGTERM.", no_args_is_help=True)


@app.command()
def intake() -> int:
    """Take messages from the broker, journal and decide them."""
    return run_role("intake", Settings())


@app.command()
def scheduler() -> int:
    """Find what is due and send it to the workers. One at a time is active, others are spares."""
    return run_role("scheduler", Settings())


@app.command()
def worker() -> int:
    """Execute due events, requests and timers."""
    return run_role("worker", Settings())


@app.command()
def relay() -> int:
    """Publish what the others have written."""
    return run_role("relay", Settings())


def up() -> int:
    """Run every role on this machine; what has no URL is embedded, in WRITEOFF_DATA_DIR."""
    return run_up(Settings())
