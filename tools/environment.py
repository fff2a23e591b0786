"""Write environment.yml, for those who use conda, from pyproject.toml: `python tools/environment.py`."""

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PIP_ONLY = {"axe-playwright-python", "playwright"}  # not among conda-forge's packages


def environment(pyproject: dict) -> str:
    """Return the text of environment.yml: every extra's packages, then mirrorlab itself."""
    project = pyproject["project"]
    needs = sorted({need for extra in project["optional-dependencies"].values() for need in extra})
    conda = [need for need in needs if package(need) not in PIP_ONLY]
    pip = [need for need in needs if package(need) in PIP_ONLY]
    lines = [
        "# Written by tools/environment.py from pyproject.toml; `make format` brings it up to date.",
        f"name: {project['name']}",
        "channels:",
        "  - conda-forge",
        "dependencies:",
        f"  - python{project['requires-python']}",
        *(f"  - {need}" for need in conda),
        "  - pip",
        "  - pip:",
        *(f"      - {need}" for need in pip),
        "      - -e .",
    ]
    return "\n".join(lines) + "\n"


def package(need: str) -> str:
    """Return the name in a requirement such as `jupyterlab>=4.6,<5`."""
    return re.split(r"[<>=!~ ]", need)[0]


def current() -> str:
    """Return what environment.yml should hold now."""
    return environment(tomllib.loads((ROOT / "pyproject.toml").read_text()))


if __name__ == "__main__":
    (ROOT / "environment.yml").write_text(current())
