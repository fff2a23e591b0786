"""Write environment.yml, for learners who use conda, from pyproject.toml: `python tools/environment.py`."""

import tomllib
from pathlib import Path

from mirrorlab.machine import files

ROOT = Path(__file__).resolve().parent.parent


def environment(pyproject: dict) -> str:
    """Return the text of environment.yml: the learner's packages, then mirrorlab itself."""
    project = pyproject["project"]
    lines = [
        "# Written by tools/environment.py from pyproject.toml; `make format` brings it up to date.",
        f"name: {project['name']}",
        "channels:",
        "  - conda-forge",
        "dependencies:",
        f"  - python{project['requires-python']}",
        *(f"  - {need}" for need in sorted(project["optional-dependencies"]["learner"])),
        "  - pip",
        "  - pip:",
        "      - -e .",
    ]
    return "\n".join(lines) + "\n"


def current() -> str:
    """Return what environment.yml should hold now."""
    return environment(tomllib.loads((ROOT / "pyproject.toml").read_text()))


if __name__ == "__main__":
    files.write(ROOT / "environment.yml", current())
