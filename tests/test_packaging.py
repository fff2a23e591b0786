"""What is shipped: the wheel, the locks, environment.yml, and the two commands' files."""

import ast
import importlib.metadata
import os
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tools import environment

ROOT = Path(__file__).resolve().parent.parent
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
PROJECT = PYPROJECT["project"]
LEARNER = [*PYPROJECT["build-system"]["requires"], *PROJECT["optional-dependencies"]["learner"]]
DEVELOPER = PYPROJECT["dependency-groups"]["dev"]
NEEDS = {"requirements.lock": LEARNER, "requirements-dev.lock": LEARNER + DEVELOPER}
DATA = ("*.json.gz", "*.toml", "*.js", "*.css")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The wheel of this checkout, built in a copy, since building leaves files behind."""
    copy = tmp_path_factory.mktemp("source") / "mirrorlab"
    copy.mkdir()
    for name in ("pyproject.toml", "README.md", "LICENSE", "LICENSE-TEXT"):
        shutil.copy(ROOT / name, copy)
    shutil.copytree(ROOT / "mirrorlab", copy / "mirrorlab", ignore=shutil.ignore_patterns("__pycache__"))
    build = "import sys; from setuptools import build_meta; print(build_meta.build_wheel(sys.argv[1]))"
    command = [sys.executable, "-c", build, str(copy)]
    subprocess.run(command, cwd=copy, check=True, capture_output=True)
    return next(copy.glob("*.whl"))


def test_the_wheel_holds_every_module_and_all_package_data(wheel):
    files = {path for pattern in ("*.py", *DATA) for path in (ROOT / "mirrorlab").rglob(pattern)}
    assert {str(path.relative_to(ROOT)) for path in files} - set(zipfile.ZipFile(wheel).namelist()) == set()


def test_the_wheel_holds_the_recorded_cases(wheel):
    names = zipfile.ZipFile(wheel).namelist()
    assert "mirrorlab/oracle/recordings/split-merge-one-0.json.gz" in names


def test_the_wheel_gives_the_mirrorlab_command_and_needs_nothing_else(wheel):
    files = zipfile.ZipFile(wheel)
    info = f"mirrorlab-{PROJECT['version']}.dist-info"
    assert "mirrorlab = mirrorlab.__main__:main" in files.read(f"{info}/entry_points.txt").decode()
    needs = re.findall(r"^Requires-Dist: (.*)$", files.read(f"{info}/METADATA").decode(), re.MULTILINE)
    assert [need for need in needs if "extra ==" not in need] == []


@pytest.mark.slow
def test_an_installed_wheel_runs(wheel, tmp_path):
    pytest.importorskip("ensurepip")
    subprocess.run([sys.executable, "-m", "venv", tmp_path / "venv"], check=True)
    pip = [tmp_path / "venv/bin/python", "-m", "pip", "install", "--quiet", "--no-index", wheel]
    subprocess.run(pip, check=True)
    said = subprocess.run([tmp_path / "venv/bin/mirrorlab", "--help"], cwd=tmp_path, capture_output=True, text=True)
    assert (said.returncode, said.stderr) == (0, "")
    assert "mirrorlab" in said.stdout


# --- the locks ---


def locked(lock):
    """A lock's entries as (requirement, number of hashes)."""
    entries = re.split(r"^(?=[a-z0-9])", (ROOT / lock).read_text(), flags=re.MULTILINE)[1:]
    return [(Requirement(entry.split(" \\\n")[0]), entry.count("--hash=sha256:")) for entry in entries]


def names(lock):
    return {pin.name for pin, _ in locked(lock)}


@pytest.mark.parametrize("lock", NEEDS)
def test_a_lock_holds_no_addresses(lock):
    assert re.findall(r"https?:|file:|://|/simple", (ROOT / lock).read_text()) == []


@pytest.mark.parametrize("lock", NEEDS)
def test_a_lock_pins_and_hashes_every_package(lock):
    loose = [str(need) for need, hashes in locked(lock) if not (str(need.specifier).startswith("==") and hashes)]
    assert loose == []


@pytest.mark.parametrize("lock", NEEDS)
def test_a_lock_satisfies_pyproject(lock):
    for need in map(Requirement, NEEDS[lock]):
        pins = [str(pin.specifier).removeprefix("==") for pin, _ in locked(lock) if pin.name == need.name]
        assert pins, f"{need} is not locked"
        assert all(need.specifier.contains(pin) for pin in pins), f"{need} is locked at {pins}"


def test_a_learner_gets_no_developers_tool():
    assert {Requirement(need).name for need in DEVELOPER} >= {"mypy", "nbval", "playwright", "pytest", "ruff"}
    tools = {Requirement(need).name for need in DEVELOPER} - {"nbclient", "nbformat"}  # JupyterLab needs these two
    assert tools & names("requirements.lock") == set()


def test_a_developer_has_every_package_of_the_learner_in_the_same_version():
    learner, developer = ({str(pin) for pin, _ in locked(lock)} for lock in NEEDS)
    assert len(learner) > 50
    assert learner - developer == set()


def test_a_learner_has_every_package_that_mirrorlab_imports():
    """The tests run among the developer's packages, where a missing one would not be missed."""
    trees = [ast.parse(path.read_text()) for path in (ROOT / "mirrorlab").rglob("*.py")]
    nodes = [node for tree in trees for node in ast.walk(tree)]
    imported = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    imported |= {node.module for node in nodes if isinstance(node, ast.ImportFrom) and not node.level}
    tops = {name.partition(".")[0] for name in imported} - set(sys.stdlib_module_names) - {"mirrorlab"}
    assert "ipywidgets" in tops
    packages = importlib.metadata.packages_distributions()
    assert [top for top in tops if canonicalize_name(packages[top][0]) not in names("requirements.lock")] == []


# --- environment.yml, make and CI ---


def test_environment_yml_is_up_to_date():
    assert (ROOT / "environment.yml").read_text() == environment.current()


def test_environment_yml_follows_pyproject():
    project = {
        "name": "toy",
        "requires-python": ">=3.11",
        "optional-dependencies": {"learner": ["numpy>=2", "jupyterlab>=4,<5"]},
    }
    text = environment.environment({"project": project})
    assert [line.strip("- ") for line in text.splitlines()[5:]] == [
        "python>=3.11", "jupyterlab>=4,<5", "numpy>=2", "pip", "pip:", "e .",
    ]  # fmt: skip


def test_make_has_the_five_words():
    targets = re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert targets == ["check", "format", "test", "notebooks", "bench"]


def test_ci_runs_the_command_of_the_readme():
    assert os.access(ROOT / ".ci/run", os.X_OK)
    subprocess.run(["bash", "-n", ROOT / ".ci/run"], check=True)
    assert (ROOT / ".ci/run").read_text().splitlines()[-1] == "python3 start.py test --all"
    assert "python3 start.py test" in (ROOT / "README.md").read_text()
