"""Policies are checked before they are used, each mistake by its path."""

from pathlib import Path

import pytest

from operations.cli.app import execute
from tests.support.policies import folder, shipped


def check(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    code = execute(["policy", "check", *arguments])
    out, err = capsys.readouterr()
    return code, out, err


def test_the_shipped_policies_are_usable(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = check(capsys)
    assert (code, err) == (0, "")
    assert [line.split(":")[0] for line in out.splitlines()] == ["KE.toml", "RW.toml", "TG.toml"]


def test_every_mistake_is_named_by_its_path(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    place = folder(tmp_path / "policies", ('opco = "RW"', 'opco = "RW"\nsurprise = 1'), opcos=("RW",))
    (place / "KE.toml").write_text(shipped("KE"), "utf-8")
    (place / "XX.toml").write_bytes(b"\xff\xfe")
    (place / "YY.toml").write_text("= 1", "utf-8")
    code, out, _ = check(capsys, str(place))
    assert code == 2
    assert "KE.toml: opco KE, usable" in out
    assert "RW.toml: not usable\n  surprise:" in out
    assert "XX.toml: not usable" in out
    assert "YY.toml: not usable" in out


def test_two_policies_of_one_opco_are_a_mistake(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    place = folder(tmp_path / "policies", opcos=("RW",))
    (place / "RW-2.toml").write_text(shipped("RW"), "utf-8")
    code, out, _ = check(capsys, str(place))
    assert code == 2
    assert "opco: RW has a policy in RW-2.toml too" in out


def test_a_folder_without_policies_is_not_usable(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert check(capsys, str(tmp_path)) == (2, "There is no *.toml file.\n", "")
    code, out, err = check(capsys, str(tmp_path / "missing"))
    assert (code, out) == (2, "")
    assert "is no folder" in err
