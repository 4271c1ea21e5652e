"""The wheel alone, without the source beside it."""

import subprocess
import sys
import zipfile
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]

IMPORT_ALL = """
import importlib, pathlib, sys
site = pathlib.Path(sys.argv[1])
sys.path.insert(0, str(site))
for source in sorted(site.rglob("*.py")):
    if source.name == "__main__.py" or "/migrations/" in str(source):
        continue
    parts = source.relative_to(site).with_suffix("").parts
    module = importlib.import_module(".".join(parts[:-1] if parts[-1] == "__init__" else parts))
    assert pathlib.Path(module.__file__) == source, module
"""


def test_the_wheel_holds_every_file_and_imports(tmp_path: Path) -> None:
    build = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(tmp_path)]
    subprocess.run(build, cwd=REPOSITORY, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    site = tmp_path / "site"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)
        shipped = {name for name in archive.namelist() if ".dist-info/" not in name}

    packages = sorted({name.split("/")[0] for name in shipped})
    listing = "git -c safe.directory=* ls-files --cached --others --exclude-standard".split()
    source = subprocess.run([*listing, *packages], cwd=REPOSITORY, check=True, capture_output=True, text=True)
    assert shipped == set(source.stdout.splitlines())
    subprocess.run([sys.executable, "-I", "-c", IMPORT_ALL, str(site)], check=True, cwd=tmp_path)
