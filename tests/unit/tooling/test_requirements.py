"""The lock files hold everything that pyproject.toml asks for, by hash, from wherever it is fetched."""

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

REPOSITORY = Path(__file__).parents[3]
PROJECT = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())
LOCKS = ("runtime", "build", "dev", "bench")


def lock_text(lock: str) -> str:
    return (REPOSITORY / "requirements" / f"{lock}.txt").read_text()


def pinned(lock: str) -> dict[str, str]:
    pins = re.findall(r"^([\w.-]+)==([^\s;]+)", lock_text(lock), re.MULTILINE)
    return {canonicalize_name(name): version for name, version in pins}


def asked_for(group: list[str | dict[str, str]]) -> list[Requirement]:
    return [Requirement(line) for line in group if isinstance(line, str)]


@pytest.mark.parametrize("lock", LOCKS)
def test_everything_is_locked_by_hash(lock: str) -> None:
    for entry in re.split(r"^(?=[\w.-]+==)", lock_text(lock), flags=re.MULTILINE)[1:]:
        assert "--hash=sha256:" in entry


@pytest.mark.parametrize("lock", LOCKS)
def test_no_lock_names_an_index(lock: str) -> None:
    assert not re.search(r"://|^--|^-[ef]", lock_text(lock), re.MULTILINE)


@pytest.mark.parametrize(
    ("lock", "group"),
    [
        ("runtime", PROJECT["project"]["dependencies"]),
        ("build", PROJECT["build-system"]["requires"]),
        ("dev", PROJECT["dependency-groups"]["dev"]),
        ("bench", PROJECT["dependency-groups"]["bench"]),
    ],
)
def test_what_is_asked_for_is_locked(lock: str, group: list[str | dict[str, str]]) -> None:
    """When this fails, `make lock` was forgotten."""
    versions = pinned(lock)
    for requirement in asked_for(group):
        assert requirement.specifier.contains(versions[canonicalize_name(requirement.name)])


@pytest.mark.parametrize("lock", ["runtime", "build"])
def test_development_uses_the_versions_that_are_shipped(lock: str) -> None:
    assert pinned(lock).items() <= pinned("dev").items()


def test_peers_of_the_benchmarks_change_no_version() -> None:
    """They are installed beside the product: what both need must be what the product is shipped with."""
    product, peers = pinned("dev"), pinned("bench")
    both = product.keys() & peers.keys()
    assert {name: peers[name] for name in both} == {name: product[name] for name in both}
    assert "celery" not in product
