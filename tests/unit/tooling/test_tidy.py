"""The source as a whole: its size, its layers, and what must not be in it."""

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[3]
PROJECT = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())
PACKAGES: list[str] = PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]

#: Top-level folders with Python in them that no installation needs.
NOT_SHIPPED = {"benchmarks", "deploy", "docs", "examples", "tests"}

#: Where rules live: what they compute depends on what they are given alone.
PURE = ("writeoff", "messages", "handlers")

MAX_LINES = 300

#: A file may be longer only when a reader would be worse off with two.
MAY_BE_LONGER: dict[str, str] = {}

MAY_USE_FLOAT = {
    "messages/codec.py": "RFC 8785 rounds large integers as JavaScript does",
    "messages/strict_json.py": "numbers of unknown fields are read, to be kept as they are",
}

#: Folders of the workshop in which this was built, which nobody else has.
PRIVATE_PLACE = re.compile(r"(?<![\w.-])/(work)/|\.\./(shared)\b|(?<!\w)\.(library)\b")


def tracked() -> list[str]:
    """Files of the repository, as paths from its root. New files count before they are added.

    Git is told to trust the folder: in a container it may belong to somebody else.
    """
    listing = "git -c safe.directory=* ls-files --cached --others --exclude-standard".split()
    listed = subprocess.run(listing, cwd=REPOSITORY, capture_output=True, text=True, check=True)
    return [path for path in listed.stdout.splitlines() if (REPOSITORY / path).is_file()]


def product(packages: tuple[str, ...] = tuple(PACKAGES)) -> list[str]:
    return [path for path in tracked() if path.endswith(".py") and path.split("/")[0] in packages]


def parse(path: str) -> ast.Module:
    return ast.parse((REPOSITORY / path).read_text(), filename=path)


def test_every_file_parses() -> None:
    for path in tracked():
        if path.endswith(".py"):
            parse(path)


def test_no_file_is_long() -> None:
    lengths = {path: len((REPOSITORY / path).read_text().splitlines()) for path in product()}
    too_long = {path: lines for path, lines in lengths.items() if lines > MAX_LINES}
    assert too_long.keys() == MAY_BE_LONGER.keys(), too_long


def test_rules_read_no_clock_draw_no_lots_and_use_no_float() -> None:
    found = [
        f"{path}:{line}: {call}"
        for path in product(PURE)
        for line, call in impure_calls(parse(path))
        if not (call == "float" and path in MAY_USE_FLOAT)
    ]
    assert not found, "\n".join(found)


def impure_calls(module: ast.Module) -> Iterator[tuple[int, str]]:
    """Calls that a rule must not make. `now(tz)` reads the clock as well, so any argument is as bad."""
    for node in ast.walk(module):
        if isinstance(node, ast.Call):
            called = ast.unparse(node.func)
            if called == "float" or re.search(r"(^|\.)(time\.time|now|utcnow|today|uuid1|uuid4)$", called):
                yield node.lineno, called


@pytest.mark.parametrize(
    "source",
    ["float('1')", "time.time()", "datetime.now()", "datetime.datetime.now(UTC)", "uuid.uuid4()", "uuid4()"],
)
def test_an_impure_call_is_found(source: str) -> None:
    assert list(impure_calls(ast.parse(source)))


def test_no_file_names_a_private_place() -> None:
    found = []
    for path in tracked():
        text = (REPOSITORY / path).read_bytes().decode(errors="replace")
        found += [f"{path}: {match.group()}" for match in PRIVATE_PLACE.finditer(text)]
    assert not found, "\n".join(found)


def test_layers_hold() -> None:
    lint = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([lint, "--no-cache"], cwd=REPOSITORY, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_every_package_is_shipped_typed_and_layered() -> None:
    folders = {path.split("/")[0] for path in tracked() if path.count("/") and path.endswith(".py")}
    assert set(PACKAGES) == folders - NOT_SHIPPED
    assert PROJECT["tool"]["mypy"]["packages"] == [*PACKAGES, "benchmarks"]
    assert PROJECT["tool"]["importlinter"]["root_packages"] == PACKAGES


def test_every_folder_of_a_package_is_a_package() -> None:
    """Type checker and layers look into packages alone."""
    folders = {Path(path).parent for path in product()}
    assert not [str(folder) for folder in folders if not (REPOSITORY / folder / "__init__.py").is_file()]
