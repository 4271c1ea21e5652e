"""The policies that the rig runs under: the shipped ones, with times and approvals for its stories."""

from importlib import resources
from pathlib import Path

#: Opco -> what is replaced in its shipped policy. A story of Rwanda may overtake its own snapshot by minutes,
#: whatever is broken meanwhile, and its outcome stays the same; one of Kenya waits for seconds.
CHANGES: dict[str, tuple[tuple[str, str], ...]] = {
    "RW": (
        ("arrival_wait_seconds = 30", "arrival_wait_seconds = 600"),
        (
            "# ---- Letters and to-dos",
            '[[approvals]]\npriority = 10\nkind = "bulk"\n\n# ---- Letters and to-dos',
        ),
    ),
    "KE": (("arrival_wait_seconds = 30", "arrival_wait_seconds = 5"),),
}


def write(folder: Path) -> Path:
    """Write the policies into a folder of their own, and return that."""
    path = folder / "policies"
    path.mkdir(exist_ok=True)
    for opco, changes in CHANGES.items():
        text = (resources.files("writeoff.policy") / "defaults" / f"{opco}.toml").read_text("utf-8")
        for old, new in changes:
            if old not in text:
                raise ValueError(f"the shipped policy {opco} does not hold {old!r}")
            text = text.replace(old, new)
        (path / f"{opco}.toml").write_text(text, "utf-8")
    return path
