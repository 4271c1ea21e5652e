"""The policies that the rig runs under: the shipped ones, with times and approvals for its stories."""

from collections.abc import Mapping
from importlib import resources
from pathlib import Path

#: Opco -> what is replaced in its shipped policy. A story of Rwanda may overtake its own snapshot by minutes,
#: whatever is broken meanwhile, and its outcome stays the same; one of Kenya waits for seconds.
CHANGES: Mapping[str, tuple[tuple[str, str], ...]] = {
    "RW": (
        ("arrival_wait_seconds = 30", "arrival_wait_seconds = 600"),
        (
            "# ---- Letters and to-dos",
            '[[approvals]]\npriority = 10\nkind = "bulk"\n\n# ---- Letters and to-dos',
        ),
    ),
    "KE": (("arrival_wait_seconds = 30", "arrival_wait_seconds = 5"),),
}


#: What the opcos are called where nobody else could mind.
NAMES: Mapping[str, str] = {"RW": "RW", "KE": "KE"}


def write(folder: Path, names: Mapping[str, str] = NAMES) -> Path:
    """Write the policies into a folder of their own, under other names for the opcos; return the folder."""
    path = folder / "policies"
    path.mkdir(exist_ok=True)
    for opco, changes in CHANGES.items():
        text = (resources.files("writeoff.policy") / "defaults" / f"{opco}.toml").read_text("utf-8")
        for old, new in ((f'opco = "{opco}"', f'opco = "{names[opco]}"'), *changes):
            if old not in text:
                raise ValueError(f"the shipped policy {opco} does not hold {old!r}")
            text = text.replace(old, new)
        (path / f"{names[opco]}.toml").write_text(text, "utf-8")
    return path
