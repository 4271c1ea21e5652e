"""Folders of policies for tests: the shipped ones with some lines replaced."""

from importlib import resources
from pathlib import Path


def shipped(opco: str) -> str:
    """Return the text of a shipped policy."""
    return (resources.files("writeoff.policy") / "defaults" / f"{opco}.toml").read_text("utf-8")


def folder(path: Path, *replacements: tuple[str, str], opcos: tuple[str, ...] = ("RW",)) -> Path:
    """Write these opcos' policies to a folder, each replacement made in each; it must be there to be made."""
    path.mkdir(exist_ok=True)
    for opco in opcos:
        text = shipped(opco)
        for old, new in replacements:
            if old not in text:
                raise ValueError(f"policy {opco} does not hold {old!r}")
            text = text.replace(old, new)
        (path / f"{opco}.toml").write_text(text, "utf-8")
    return path


def waiting(seconds: int) -> tuple[str, str]:
    """Return the replacement that makes messages wait so long for a snapshot (R16)."""
    return "arrival_wait_seconds = 30", f"arrival_wait_seconds = {seconds}"
