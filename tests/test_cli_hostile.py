"""Hostile command lines, each as a process of its own: one line on stderr, a meaningful status, never a traceback."""

import gzip
import json
import lzma
import os
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from mirrorlab.machine import firmware
from mirrorlab.oracle import cases

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parent.parent
CASE = "order0-pcp-one-0"
PROBLEM, MISUSE, NO_OUTPUT, STOPPED, CLOSED = 1, 2, 74, 130, 141


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A folder full of files that are no machine and no recording."""
    place = tmp_path_factory.mktemp("hostile")
    case = json.loads(gzip.decompress((cases.FOLDER / f"{CASE}.json.gz").read_bytes()))
    toml = firmware.path_of("toy-64m").read_text()
    contents = {
        "mine.toml": toml,
        "crlf.toml": toml.replace("\n", "\r\n"),
        "bom.toml": "\ufeff" + toml,
        "empty.toml": "",
        "conflict.toml": "<<<<<<< HEAD\ncpus = [0]\n=======\ncpus = [1]\n>>>>>>> theirs\n",
        "deep.toml": "a = " + "[" * 100_000,
        "dotted.toml": ".".join(["a"] * 50_000) + " = 1",
        "digits.toml": "cpus = [" + "9" * 9999 + "]",
        "long.toml": '[[memory]]\nstart = "' + "9" * 9999 + '"\nsize = 4096\n',
        "other.toml": '[package]\nname = "x"\n',
        "latin.toml": b'summary = "caf\xe9"\n',
        "utf16.toml": toml.encode("utf-16"),
        "zero.toml": "summary = \0",
        "large.toml": "# " + "x" * (1 << 20),
        "picture.png": b"\x89PNG\r\n\x1a\n" + bytes(50),
        "archive.zip": b"PK\x03\x04" + bytes(50),
        "program": b"\x7fELF\x02\x01" + bytes(50),
        "lesson.ipynb": json.dumps({"cells": [], "metadata": {}, "nbformat": 4}),
        "page.html": "<!DOCTYPE html><p>",
        "program.py": "import os\n",
        "proc.txt": "MemTotal:       16316412 kB\n",
        "log.txt": "[    0.000000] Linux version 4.1.3\n",
        "empty.json": "",
        "deep.json": "[" * 100_000,
        "digits.json": '{"a": ' + "1" * 9999 + "}",
        "object.json": "{}",
        "list.json": "[1, 2]",
        "cut.json.gz": gzip.compress(json.dumps(case).encode())[:-9],
        "bomb.json.gz": gzip.compress(b" " * (80 << 20)),
        "bomb.json.xz": lzma.compress(b" " * (80 << 20)),
        "missing.json": json.dumps({key: value for key, value in case.items() if key != "final"}),
        "foreign.json": json.dumps({**case, "ops": [{"op": "reboot"}], "results": [0]}),
        "zones.json": json.dumps({**case, "machine": {**case["machine"], "zones": 7}}),
        "name.json": json.dumps({**case, "name": {"a": 1}}),
        "state.json": json.dumps({**case, "initial": {**case["initial"], "min_free_kbytes": [1]}}),
        "machine.json": toml,
    }
    for name, content in contents.items():
        (place / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    os.mkfifo(place / "pipe")
    (place / "loop").symlink_to("loop")
    (place / "one").symlink_to("two")
    (place / "two").symlink_to("one")
    (place / "nowhere").symlink_to("missing")
    (place / "folder").mkdir()
    (place / "gone").mkdir()
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(place / "socket"))
    return place


def run(place, line):
    """The status, stdout and stderr of a shell's line, in which `mirrorlab` is this checkout's."""
    mirrorlab = f'mirrorlab() {{ PYTHONPATH={ROOT} "{sys.executable}" -m mirrorlab "$@"; }}\n'
    done = subprocess.run(
        ["bash", "-c", mirrorlab + line], cwd=place, capture_output=True, timeout=60, stdin=subprocess.DEVNULL
    )
    return done.returncode, done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace")


LONG = '"$(printf %05000d 0)"'

LINES = [
    # What is asked for.
    ("mirrorlab nosuch", MISUSE, "invalid choice: 'nosuch'"),
    ("mirrorlab $'a\\nb'", MISUSE, "invalid choice"),
    (f"mirrorlab {LONG}", MISUSE, "invalid choice"),
    ("mirrorlab ''", MISUSE, "invalid choice"),
    ("mirrorlab --nosuch", MISUSE, "unrecognized arguments: --nosuch"),
    ("mirrorlab boot", MISUSE, "required: PRESET"),
    ("mirrorlab boot toy-64m --nosuch", MISUSE, "unrecognized arguments"),
    ("mirrorlab boot toy-64m --proc", MISUSE, "--proc: expected at least one"),
    ("mirrorlab course nosuch", MISUSE, "invalid choice"),
    ("mirrorlab lab --port 99999", MISUSE, "from 1 to 65535"),
    ("mirrorlab lab --port '٣'", MISUSE, "from 1 to 65535"),
    ("mirrorlab course build --rule max_order=8", MISUSE, "--rule needs --output"),
    ("mirrorlab course build --rule nosuch --output folder/x", PROBLEM, "max_order=8"),
    ("mirrorlab course verify --rule nosuch", PROBLEM, "max_order=8"),
    # What is no machine is called what it is.
    ("mirrorlab boot toy-64M", MISUSE, "no such machine; .* the nearest name is toy-64m"),
    ("mirrorlab boot missing.toml", MISUSE, "missing.toml: there is no such file"),
    ("mirrorlab presets missing", MISUSE, "no such machine; name a preset"),
    ("mirrorlab boot ''", MISUSE, "an empty name"),
    ("mirrorlab boot .", MISUSE, "is a folder"),
    ("mirrorlab boot folder", MISUSE, "is a folder"),
    ("mirrorlab boot pipe", MISUSE, "is a pipe"),
    ("mirrorlab boot socket", MISUSE, "is a socket"),
    ("mirrorlab boot loop", MISUSE, "a link leads back to itself"),
    ("mirrorlab boot one", MISUSE, "a link leads back to itself"),
    ("mirrorlab boot nowhere", MISUSE, "a link to a file that is not there"),
    ("mirrorlab boot mine.toml/x", MISUSE, "Not a directory"),
    ("mirrorlab boot /dev/null", MISUSE, "is a device"),
    ("mirrorlab boot /dev/zero", MISUSE, "is a device"),
    ("mirrorlab boot /dev/stdin", MISUSE, "is a device"),
    ("mirrorlab boot <(cat mine.toml)", MISUSE, "is a pipe"),
    ("mirrorlab boot /proc/meminfo", MISUSE, "a text of the running kernel"),
    ("mirrorlab boot /proc/self/mem", MISUSE, "a text of the running kernel"),
    ("mirrorlab boot /proc/self", MISUSE, "is a folder"),
    (f"mirrorlab boot {LONG}", MISUSE, "File name too long"),
    ("mirrorlab boot $'a\\nb'", MISUSE, "no such machine"),
    ("mirrorlab boot $'caf\\xe9'", MISUSE, "no such machine"),
    ("mirrorlab boot '~nosuchuser/x.toml'", MISUSE, "~nosuchuser .*write the path in full"),
    ("mirrorlab boot empty.toml", MISUSE, "is an empty file"),
    ("mirrorlab boot conflict.toml", MISUSE, "marks of a conflict .* in line 1: choose one side"),
    ("mirrorlab boot deep.toml", MISUSE, "nested too deeply"),
    ("mirrorlab boot dotted.toml", MISUSE, "nested too deeply"),
    ("mirrorlab boot digits.toml", MISUSE, "not a TOML file .*digits"),
    ("mirrorlab boot long.toml", MISUSE, "long: memory entry 1"),
    ("mirrorlab boot other.toml", MISUSE, "a TOML file, but no machine description"),
    ("mirrorlab boot latin.toml", MISUSE, "not a TOML file .*0xe9"),
    ("mirrorlab boot utf16.toml", MISUSE, "save it as UTF-8"),
    ("mirrorlab boot zero.toml", MISUSE, "a binary file"),
    ("mirrorlab boot large.toml", MISUSE, "is too large"),
    ("mirrorlab boot picture.png", MISUSE, "a picture: .*prints a description to start from"),
    ("mirrorlab boot archive.zip", MISUSE, "an archive of files"),
    ("mirrorlab boot program", MISUSE, "a program"),
    ("mirrorlab boot lesson.ipynb", MISUSE, "a notebook"),
    ("mirrorlab boot page.html", MISUSE, "a web page"),
    ("mirrorlab boot program.py", MISUSE, "a Python program"),
    ("mirrorlab boot proc.txt", MISUSE, "a text under /proc"),
    ("mirrorlab boot log.txt", MISUSE, "a kernel's log"),
    ("mirrorlab boot missing.json.gz", MISUSE, "no such machine"),
    ("mirrorlab boot bomb.json.gz", MISUSE, "compressed with gzip"),
    ("mirrorlab boot foreign.json", MISUSE, "a recorded case: compare it with 'mirrorlab replay'"),
    ("mirrorlab boot toy-64m --proc nosuch", MISUSE, "there is no text 'nosuch'"),
    ("mirrorlab boot toy-64m --proc ../../etc/passwd", MISUSE, "there is no text"),
    ("mirrorlab boot toy-64m --cmdline memmap=exactmap", MISUSE, "leaves no memory"),
    # What is no recording.
    ("mirrorlab replay missing", MISUSE, "no such case; give a file's path, or one of"),
    ("mirrorlab replay folder", MISUSE, "no recorded case in this folder"),
    ("mirrorlab replay pipe", MISUSE, "is a pipe"),
    ("mirrorlab replay /dev/zero", MISUSE, "is a device"),
    ("mirrorlab replay loop", MISUSE, "a link leads back to itself"),
    ("mirrorlab replay ''", MISUSE, "an empty name"),
    (f"mirrorlab replay {LONG}", MISUSE, "File name too long"),
    ("mirrorlab replay empty.json", MISUSE, "an empty file"),
    ("mirrorlab replay deep.json", MISUSE, "nested too deeply"),
    ("mirrorlab replay digits.json", MISUSE, "not a recorded case"),
    ("mirrorlab replay object.json", MISUSE, "the case lacks category, machine, name"),
    ("mirrorlab replay list.json", MISUSE, "not a JSON object"),
    ("mirrorlab replay cut.json.gz", MISUSE, "cut short"),
    ("mirrorlab replay bomb.json.gz", MISUSE, "unpacks to more than 64 MiB"),
    ("mirrorlab replay bomb.json.xz", MISUSE, "compressed with xz"),
    ("mirrorlab replay missing.json", MISUSE, "the case lacks final"),
    ("mirrorlab replay foreign.json", MISUSE, "the unknown kind 'reboot'"),
    ("mirrorlab replay zones.json", MISUSE, "not a recorded case"),
    ("mirrorlab replay name.json", MISUSE, "name and category are not both texts"),
    ("mirrorlab replay state.json", MISUSE, "not a recorded case"),
    ("mirrorlab replay mine.toml", MISUSE, "boot it with 'mirrorlab boot'"),
    ("mirrorlab replay picture.png", MISUSE, "a picture"),
    # The learner's folder, and where things are written.
    ("mirrorlab course start --folder ''", MISUSE, "an empty name"),
    ("mirrorlab course start --folder '~nosuchuser/x'", MISUSE, "write the path in full"),
    ("mirrorlab course start --folder mine.toml", PROBLEM, "choose another folder with --folder"),
    ("mirrorlab course start --folder /dev/null", PROBLEM, "choose another folder with --folder"),
    ("mirrorlab course start --folder /proc/x", PROBLEM, "choose another folder with --folder"),
    ("mirrorlab course start --folder loop", PROBLEM, "choose another folder with --folder"),
    ("mirrorlab course start --folder loop/x", PROBLEM, "choose another folder with --folder"),
    (f"mirrorlab course start --folder {LONG}", PROBLEM, "choose another folder with --folder"),
    ("mirrorlab course build --output mine.toml", NO_OUTPUT, "mine.toml"),
    ("mirrorlab course build --output /dev/full", NO_OUTPUT, "/dev/full"),
    ("mirrorlab course build --output /proc/x", NO_OUTPUT, "/proc/x"),
    ("mirrorlab course build --output loop", NO_OUTPUT, "link"),
    # The output.
    ("mirrorlab presets > /dev/full", NO_OUTPUT, "No space left on device: free some space"),
    ("mirrorlab --help > /dev/full", NO_OUTPUT, "No space left on device"),
    ("mirrorlab boot toy-64m --json > /dev/full", NO_OUTPUT, "No space left on device"),
    ("mirrorlab doctor > /dev/full", NO_OUTPUT, "No space left on device"),
    ("mirrorlab presets >&-", NO_OUTPUT, "output"),
    ("ulimit -f 1; mirrorlab boot rfc-48g --proc zoneinfo > folder/out", NO_OUTPUT, "File too large"),
    # The place it runs in.
    ("cd gone; rmdir ../gone; mirrorlab course start --folder x", NO_OUTPUT, "current folder is not there any more"),
    ("ulimit -v 250000; mirrorlab boot server-1t --proc pagetypeinfo; true", 0, None),
]
FINE = [
    "mirrorlab boot toy-64m",
    "mirrorlab boot crlf.toml",
    "mirrorlab boot bom.toml",
    "PYTHONIOENCODING=ascii mirrorlab boot toy-64m",
    "PYTHONIOENCODING=ascii mirrorlab boot toy-64m --json",
    "LC_ALL=C PYTHONCOERCECLOCALE=0 PYTHONUTF8=0 mirrorlab presets",
    "LC_ALL=C PYTHONCOERCECLOCALE=0 PYTHONUTF8=0 mirrorlab --help",
    "LANG=nonsense mirrorlab presets",
    "TERM= COLUMNS=1 mirrorlab boot --help",
    "COLUMNS=nonsense mirrorlab --help",
    "env -u HOME -u PATH bash -c : ; HOME=/nonexistent mirrorlab presets",
    "mirrorlab presets <&-",
    f"mirrorlab replay {CASE} 2>&-",
    "mirrorlab course",
    "mirrorlab --debug presets",
    "mirrorlab presets --debug",
    "mkdir -p left && cd left && rmdir ../left && mirrorlab boot toy-64m",
]


def test_there_are_enough_of_them():
    assert len(LINES) >= 60


@pytest.mark.parametrize(("line", "status", "words"), LINES, ids=[line[:60] for line, *_ in LINES])
def test_a_hostile_line_is_answered_by_one_sentence(place, line, status, words):
    (place / "gone").mkdir(exist_ok=True)
    came, _, error = run(place, line)
    assert "Traceback" not in error and "Exception ignored" not in error
    assert came == status, error
    if words is not None:
        assert len(error.splitlines()) == 1, error
        assert len(error) < 1200
        assert re.search(words, error), error


@pytest.mark.parametrize("line", FINE)
def test_odd_surroundings_do_no_harm(place, line):
    status, out, error = run(place, line)
    assert ((status, error) == (0, "") and out != "") or "2>&-" in line


@pytest.mark.parametrize(
    "command", ["presets", "boot rfc-48g --proc zoneinfo pagetypeinfo", "--help", "presets toy-64m"]
)
def test_a_reader_that_goes_away_is_no_trouble(place, command):
    assert run(place, f"mirrorlab {command} | head -c 1 > /dev/null")[2] == ""
    assert run(place, f"mirrorlab {command} | sleep 0; exit ${{PIPESTATUS[0]}}") in [(0, "", ""), (CLOSED, "", "")]


@pytest.mark.parametrize("after", [0.1, 0.3, 0.6, 1.2])
def test_ctrl_c_is_one_line_and_130_whenever_it_comes(place, after):
    command = [sys.executable, "-m", "mirrorlab", "course", "verify"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as running:
        time.sleep(after)
        running.send_signal(signal.SIGINT)
        _, error = running.communicate(timeout=60)
    assert (running.returncode, error) == (STOPPED, "Stopped.\n")


def test_debug_shows_where_a_trouble_is(place):
    status, _, error = run(place, "mirrorlab boot missing.toml --debug")
    assert (
        status == MISUSE
        and "Traceback" in error
        and error.splitlines()[-1].startswith("missing.toml: there is no such file")
    )
