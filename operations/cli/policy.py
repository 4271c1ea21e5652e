"""Policies: checked before they are used, and which ones are in force."""

import typer
from rich.console import Console

from operations.cli.options import Folder, Json, Opco
from operations.cli.printing import emit, table
from operations.database import reading
from operations.failures import ExitCode
from operations.views.policy import Checked, check_policies, stored_policies
from workers.settings import Settings

app = typer.Typer(help="Policies of the opcos.", no_args_is_help=True)


@app.command()
def check(folder: Folder = None, as_json: Json = False) -> int:  # noqa: FBT002 - an option
    """Check the policies of a folder, and name every mistake by its path. Exits 2 when there is one."""
    checked = check_policies(folder or Settings().policy_dir)
    emit(checked, lambda to: _draw(to, checked), as_json=as_json)
    return ExitCode.OK if checked.usable else ExitCode.UNUSABLE


@app.command("list")
def list_policies(opco: Opco = None, as_json: Json = False) -> None:  # noqa: FBT002 - an option
    """List the policy versions that were ever in force, and how many processes still use each."""
    with reading(Settings()) as tx:
        view = stored_policies(tx, opco)

    def draw(to: Console) -> None:
        rows = [
            (each.opco, each.digest[:12], each.current, each.stored_at, each.active_processes)
            for each in view.policies
        ]
        table(to, ["Opco", "Digest", "Current", "Since!", "Active processes>"], rows)

    emit(view, draw, as_json=as_json)


def _draw(to: Console, checked: Checked) -> None:
    for each in checked.files:
        if not each.problems:
            to.print(f"{each.file}: opco {each.opco}, usable, {(each.digest or '')[:12]}", markup=False)
            continue
        to.print(f"{each.file}: not usable", markup=False, style="bold")
        for problem in each.problems:
            to.print(f"  {problem}", markup=False, soft_wrap=True)
    if not checked.files:
        to.print("There is no *.toml file.")
