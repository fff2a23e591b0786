"""A checkout is the same bytes everywhere, also where git is told to write CRLF."""

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


def git(folder, *words):
    return subprocess.run(["git", "-C", folder, *words], check=True, capture_output=True, text=True).stdout


@pytest.fixture(scope="module")
def clone(tmp_path_factory):
    """This checkout's last commit, cloned by a git that likes CRLF."""
    if not shutil.which("git") or not (ROOT / ".git").exists():
        pytest.skip("needs git, and a checkout made by it")
    clone = tmp_path_factory.mktemp("crlf") / "clone"
    options = ["-c", "core.autocrlf=true", "-c", "core.eol=crlf"]
    subprocess.run(["git", "clone", "-q", "--no-hardlinks", *options, ROOT, clone], check=True, capture_output=True)
    return clone


def test_git_writes_what_was_committed_byte_for_byte(clone):
    committed = {}
    for line in git(clone, "ls-tree", "-r", "HEAD").splitlines():
        about, name = line.split("\t")
        mode, _, blob = about.split()
        if mode != "120000":
            committed[name] = blob
    there = git(clone, "hash-object", "--no-filters", "--", *committed).split()
    assert len(committed) > 500
    assert [name for name, blob in zip(committed, there, strict=True) if committed[name] != blob] == []


def test_every_kind_of_file_that_tests_compare_is_among_them(clone):
    endings = {Path(name).suffix for name in git(clone, "ls-files").splitlines()}
    assert {".ipynb", ".gz", ".toml", ".lock", ".py", ".js", ".txt"} <= endings
