"""Every command is documented with an example, and every example is a command."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from operations.cli.app import application
from operations.failures import ExitCode

REPOSITORY = Path(__file__).parents[3]
REFERENCE = (REPOSITORY / "docs" / "cli.md").read_text("utf-8")
#: Where commands are named that must exist.
PAGES = (
    "README.md",
    "docs/cli.md",
    "docs/operations.md",
    "docs/deployment.md",
    "docs/policy.md",
    "docs/messages.md",
)

#: A command in a code block, on a line of its own or after `&&`, with variables before it; or in backticks.
EXAMPLE = re.compile(r"(?:^\$ |&& )(?:[\w=:/@.\-]+ )*?(?:\S*/)?(writeoff(?: [^\n|&>#]*)?)", re.MULTILINE)
INLINE = re.compile(r"`(writeoff(?: [^`\n]*)?)`")


def commands(group: Any, path: tuple[str, ...] = ("writeoff",)) -> Iterator[tuple[str, Any]]:
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from commands(command, (*path, name))
        else:
            yield " ".join((*path, name)), command


COMMANDS = dict(commands(typer.main.get_command(application())))
GROUPS = {" ".join(name.split()[:-1]) for name in COMMANDS}


def section(command: str) -> str:
    found = re.search(rf"^### {re.escape(command)}\n(.*?)(?=^##|\Z)", REFERENCE, re.MULTILINE | re.DOTALL)
    assert found, f"docs/cli.md has no section `### {command}`"
    return found[1]


def options(command: Any) -> set[str]:
    return {
        option for parameter in command.params for option in parameter.opts if option.startswith("--")
    } - {"--help"}


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_is_documented_with_an_example(command: str) -> None:
    assert command in [example_of(words)[0] for words in EXAMPLE.findall(section(command))]


@pytest.mark.parametrize("command", COMMANDS)
def test_an_option_is_documented(command: str) -> None:
    said_of_all = {"--json", "--opco", "--limit", "--after", "--url", "--as", "--role"}
    for option in options(COMMANDS[command]):
        where = REFERENCE if option in said_of_all else section(command)
        assert option in where, f"{option} of {command}"


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_says_what_it_does(command: str) -> None:
    assert COMMANDS[command].help


def test_no_section_is_left_of_a_command_that_is_gone() -> None:
    assert set(re.findall(r"^### (writeoff .+)$", REFERENCE, re.MULTILINE)) == COMMANDS.keys()


def test_exit_codes_are_documented() -> None:
    documented = {int(code) for code in re.findall(r"^\| (\d) \|", REFERENCE, re.MULTILINE)}
    assert documented == {code for code in ExitCode if code != ExitCode.INTERRUPTED} | {5}


@pytest.mark.parametrize("page", [page for page in PAGES if (REPOSITORY / page).exists()])
def test_every_command_in_the_docs_exists(page: str) -> None:
    text = (REPOSITORY / page).read_text("utf-8")
    for words in (*EXAMPLE.findall(text), *INLINE.findall(text)):
        name, rest = example_of(words)
        assert name in COMMANDS or name in GROUPS, f"{page}: {words}"
        if name in COMMANDS:
            unknown = {word for word in rest if word.startswith("--")} - options(COMMANDS[name]) - {"--help"}
            assert not unknown, f"{page}: {words}"


def example_of(words: str) -> tuple[str, list[str]]:
    """Split an example into the longest command it begins with and what follows."""
    parts = shlex.split(words)
    for length in range(len(parts), 0, -1):
        name = " ".join(parts[:length])
        if name in COMMANDS or name in GROUPS:
            return name, parts[length:]
    return words, []
