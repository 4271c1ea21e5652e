"""The image holds what the wheel is built from."""

import tomllib
from pathlib import Path

REPOSITORY = Path(__file__).parents[3]


def test_every_package_of_the_wheel_is_let_into_the_image() -> None:
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())
    packages = project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
    let_in = (REPOSITORY / ".dockerignore").read_text().splitlines()
    assert [package for package in packages if f"!{package}/" not in let_in] == []
