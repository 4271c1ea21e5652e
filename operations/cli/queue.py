"""What there is to do, and where it waits."""

import typer

from operations.brokers import broker_url, tasks_url
from operations.cli import queue_drawing
from operations.cli.options import Json
from operations.cli.printing import emit
from operations.database import reading
from operations.failures import ExitCode
from operations.views.backlog import Backlog, backlog_view
from operations.views.queues import Broker, Tasks, broker_queues, task_queues
from operations.views.view import View
from store import opcos
from workers.settings import Settings

app = typer.Typer(help="What there is to do, and where it waits.", no_args_is_help=True)


class Queues(View, frozen=True, kw_only=True):
    """The database's backlog, and the brokers' queues."""

    backlog: Backlog
    broker: Broker
    tasks: Tasks


@app.callback()
def queue() -> None:
    """Keep `list` a command of its own."""


@app.command("list")
def list_queues(as_json: Json = False) -> int:  # noqa: FBT002 - an option
    """Print the depth and age of everything that waits. Exits 4 when a broker does not answer."""
    settings = Settings()
    with reading(settings) as tx:
        backlog = backlog_view(tx)
        policies = {each.policy_digest for each in opcos.now(tx).values()}
        agencies = {code for digest in policies for code in opcos.policy_by_digest(tx, digest).agencies}
    view = Queues(
        backlog=backlog,
        broker=broker_queues(broker_url(settings), agencies),
        tasks=task_queues(tasks_url(settings)),
    )
    emit(view, lambda to: queue_drawing.draw(to, view.backlog, view.broker, view.tasks), as_json=as_json)
    return ExitCode.UNAVAILABLE if view.broker.problem or view.tasks.problem else ExitCode.OK
