"""start.py, with an installer that only writes down what it was told."""

import ast
import contextlib
import importlib.util
import os
import re
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

ROOT = Path(__file__).resolve().parent.parent

# Stands for uv: `uv venv` makes a bin/python that, too, only writes down its arguments.
UV = """#!/bin/sh
echo "uv $*" >> "$SAID"
[ "$1" = venv ] || exec sh -c "$THEN"
mkdir -p "$4/bin"
cat > "$4/bin/python" <<'END'
#!/bin/sh
echo "python $*" >> "$SAID"
case "$*" in *"$FAILS"*) exit 1;; esac
END
chmod +x "$4/bin/python"
"""


class Checkout:
    """A copy of the files start.py needs, in a folder with a space in its name."""

    def __init__(self, folder):
        self.root = folder / "a checkout"
        self.root.mkdir()
        for name in ("start.py", "pyproject.toml", "requirements.lock", "requirements-dev.lock"):
            shutil.copy(ROOT / name, self.root)
        self.said = folder / "said"
        (folder / "bin").mkdir()
        self.uv = folder / "bin" / "uv"
        self.uv.write_text(UV)
        self.uv.chmod(0o755)

    def start(self, *args, cwd=None, then="exit 0", fails="nothing"):
        """Run start.py; return its exit status, its stderr, and what it ran. `then`: what uv's later steps do."""
        self.said.write_text("")
        with self.begin(*args, cwd=cwd, then=then, fails=fails) as running:
            out, error = running.communicate()
        return SimpleNamespace(status=running.returncode, out=out, error=error, ran=self.ran())

    def begin(self, *args, cwd=None, then="exit 0", fails="nothing", out=subprocess.PIPE):
        """The same, but it still runs."""
        env = {"PATH": f"{self.uv.parent}:/usr/bin:/bin", "SAID": self.said, "THEN": then, "FAILS": fails}
        command = [sys.executable, self.root / "start.py", *args]
        return subprocess.Popen(command, env=env, cwd=cwd, stdout=out, stderr=subprocess.PIPE, text=True)

    def ran(self):
        """What was run so far, by all that were begun."""
        return self.said.read_text().splitlines()

    def module(self):
        """This checkout's start.py as a module, to run in this process."""
        spec = importlib.util.spec_from_file_location("start_under_test", self.root / "start.py")
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module


@pytest.fixture
def checkout(tmp_path):
    return Checkout(tmp_path)


# --- setting up ---


def test_the_first_start_sets_up_from_the_lock_and_opens_the_lab(checkout):
    python = checkout.root / ".venv/bin/python"
    started = checkout.start()
    assert (started.status, started.error) == (0, "")
    assert started.ran == [
        f"uv venv --python {sys.executable} {checkout.root}/.venv",
        f"uv pip sync --python {python} --compile-bytecode --require-hashes requirements.lock",
        f"uv pip install --python {python} --no-deps --no-build-isolation --editable .",
        "python -m mirrorlab lab",
    ]


def test_the_second_start_installs_nothing(checkout):
    checkout.start()
    assert checkout.start().ran == ["python -m mirrorlab lab"]


def test_the_first_test_sets_up_from_the_developers_lock_and_leaves_the_learners_venv_alone(checkout):
    checkout.start()
    tested = checkout.start("test")
    assert tested.ran[0] == f"uv venv --python {sys.executable} {checkout.root}/.venv-dev"
    assert tested.ran[1].split()[-2:] == ["--require-hashes", "requirements-dev.lock"]
    assert checkout.start("test").ran == tested.ran[3:]
    assert checkout.start().ran == ["python -m mirrorlab lab"]


def test_a_changed_developers_lock_is_nothing_to_a_learner(checkout):
    checkout.start()
    (checkout.root / "requirements-dev.lock").write_text("")
    assert len(checkout.start().ran) == 1


@pytest.mark.parametrize("name", ["requirements.lock", "pyproject.toml"])
def test_a_changed_lock_or_description_sets_up_again(checkout, name):
    checkout.start()
    with (checkout.root / name).open("a") as file:
        file.write("# changed\n")
    assert len(checkout.start().ran) == 4
    assert len(checkout.start().ran) == 1


def test_a_moved_checkout_sets_up_again(checkout):
    checkout.start()
    checkout.root = checkout.root.rename(checkout.root.with_name("moved"))
    assert len(checkout.start().ran) == 4


def test_an_environment_whose_python_is_gone_is_made_again(checkout):
    checkout.start()
    python = checkout.root / ".venv/bin/python"
    python.unlink()
    python.symlink_to("/nowhere/python3.11")
    assert len(checkout.start().ran) == 4


def test_pip_installs_the_same_lock_when_there_is_no_uv(checkout, monkeypatch):
    start = checkout.module()
    ran = []
    monkeypatch.setattr(start.shutil, "which", lambda name: None)
    monkeypatch.setattr(start, "run", lambda command: ran.append([str(word) for word in command]) or fake_venv(start))
    start.LEARNER.set_up()
    assert ran[0] == [sys.executable, "-m", "venv", str(start.LEARNER.folder)]
    assert [command[:4] for command in ran[1:]] == [[str(start.LEARNER.python), "-m", "pip", "install"]] * 2
    assert ran[1][-3:] == ["--require-hashes", "--requirement", "requirements.lock"]
    assert ran[2][-4:] == ["--no-deps", "--no-build-isolation", "--editable", "."]
    assert start.LEARNER.is_ready()


def fake_venv(start):
    start.LEARNER.python.parent.mkdir(parents=True, exist_ok=True)
    start.LEARNER.python.touch()


@pytest.mark.parametrize("step", [1, 2, 3])
def test_an_interrupted_set_up_is_repaired_by_the_next_start(checkout, monkeypatch, capsys, step):
    start = checkout.module()
    checkout.start()  # there was a finished one before, from another lock
    (checkout.root / "requirements.lock").write_text("")
    steps = iter(range(1, 4))

    def interrupted(command):
        fake_venv(start)
        if next(steps) == step:
            raise KeyboardInterrupt

    monkeypatch.setattr(start, "run", interrupted)
    assert start.main([]) == 130
    assert "run the same command again" in capsys.readouterr().err
    assert not start.LEARNER.is_ready()
    assert len(checkout.start().ran) == 4


# --- one clear sentence ---


def sentence(started):
    """The only line on stderr of a start that did not work."""
    assert started.status == 1
    (line,) = started.error.splitlines()
    assert line.startswith("start.py: ")
    return line


def stopped(start, capsys):
    """The same, for a start in this process."""
    return sentence(SimpleNamespace(status=start.main([]), error=capsys.readouterr().err))


def test_an_old_python_is_told_which_one_to_install(checkout, monkeypatch, capsys):
    start = checkout.module()
    monkeypatch.setattr(start.sys, "version_info", (3, 10, 12, "final", 0))
    assert "Python 3.10.12, too old: install Python 3.11 or newer" in stopped(start, capsys)


def test_an_old_python_can_read_start_py():
    ast.parse((ROOT / "start.py").read_text(), feature_version=(3, 6))


def test_windows_is_told_to_use_wsl(checkout, monkeypatch, capsys):
    start = checkout.module()
    monkeypatch.setattr(start.sys, "platform", "win32")
    assert "install WSL" in stopped(start, capsys)


@pytest.mark.parametrize("missing", ["venv", "ensurepip"])
def test_a_missing_venv_names_the_package(checkout, monkeypatch, capsys, missing):
    start = checkout.module()
    find_spec = importlib.util.find_spec
    monkeypatch.setattr(start.shutil, "which", lambda name: None)
    monkeypatch.setattr(start.importlib.util, "find_spec", lambda name: name != missing and find_spec("venv"))
    package = f"python{sys.version_info[0]}.{sys.version_info[1]}-venv"
    assert f"sudo apt install {package}" in stopped(start, capsys)


@pytest.mark.parametrize(
    "says",
    [
        "error: Failed to fetch: error sending request for url: dns error",
        "WARNING: Retrying after connection broken by NewConnectionError: Temporary failure in name resolution",
    ],
)
def test_no_network_on_the_first_start(checkout, says):
    assert "needs a network" in sentence(checkout.start(then=f"echo '{says}' >&2; exit 2"))
    assert len(checkout.start().ran) == 4  # and once there is one, it works


@pytest.mark.slow
def test_no_network_is_recognized_in_what_pip_really_says(checkout):
    pytest.importorskip("ensurepip")
    with socket.socket() as closed:  # bound, but nobody listens
        closed.bind(("127.0.0.1", 0))
        env = {
            "PATH": "/usr/bin:/bin",
            "PIP_CONFIG_FILE": os.devnull,
            "PIP_RETRIES": "1",
            "PIP_INDEX_URL": f"http://127.0.0.1:{closed.getsockname()[1]}/",
        }
        command = [sys.executable, checkout.root / "start.py"]
        done = subprocess.run(command, env=env, capture_output=True, text=True)
    assert "needs a network" in sentence(SimpleNamespace(status=done.returncode, error=done.stderr))


def test_any_other_failure_shows_its_reason(checkout):
    started = checkout.start(then="echo No space left on device; exit 2")
    assert started.status == 1
    assert "No space left on device" in started.error
    assert started.error.splitlines()[-1].startswith("start.py: setting up failed")


def test_a_folder_that_may_not_be_written(checkout, monkeypatch, capsys):
    start = checkout.module()

    def refused(command):
        raise PermissionError(13, "Permission denied", ".venv")

    monkeypatch.setattr(start, "run", refused)
    assert "Permission denied" in stopped(start, capsys)


def test_a_taken_port(tmp_path):
    in_this_python = "import start, sys; start.open_course(sys.executable, start.parse(sys.argv[1:]))"
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        options = ["--no-browser", "--port", str(port), "--folder", tmp_path]
        command = [sys.executable, "-c", in_this_python, *options]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert f"{port}" in line
    assert "--port" in line


# --- several starts at once, and how far it is ---


def wait_for(condition):
    end = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < end, "it never came"
        time.sleep(0.02)


def test_of_two_starts_at_once_one_sets_up_and_both_open_the_lab(checkout):
    checkout.said.write_text("")
    running = [checkout.begin(then="sleep 0.3") for _ in range(2)]
    said = [process.communicate() for process in running]
    assert [process.returncode for process in running] == [0, 0]
    assert [line.split()[1] for line in checkout.ran() if line.startswith("uv")] == ["venv", "pip", "pip"]
    assert checkout.ran().count("python -m mirrorlab lab") == 2
    assert sum("Another start is setting up here: waiting" in out for out, _ in said) == 1


def test_a_start_after_kill_9_in_mid_install_waits_for_the_installer_and_makes_all_again(checkout):
    checkout.said.write_text("")
    with checkout.begin(then="sleep 1; echo installer done >> $SAID") as killed:
        wait_for(lambda: any("sync" in line for line in checkout.ran()))
        killed.kill()
    with checkout.begin() as after:
        out, error = after.communicate()
    assert (after.returncode, error) == (0, "")
    assert "waiting" in out and "Removing what an earlier start left" in out
    ran = checkout.ran()
    assert ran.index("installer done") == 2  # what the killed one ran came to its end before anything was removed
    assert [line.split()[1] for line in ran[3:]] == ["venv", "pip", "pip", "-m"]
    assert checkout.start().ran == ["python -m mirrorlab lab"]


def test_a_log_tells_in_plain_lines_what_happens(checkout):
    out = checkout.start().out
    assert "\r" not in out
    lines = out.splitlines()
    assert lines[0].startswith("Setting up .venv with uv: once, about 450 MB")
    assert [line.strip()[:6] for line in lines[1:-1]] == ["1 of 3", "2 of 3", "3 of 3"]
    assert lines[-1] == ".venv is ready."
    assert checkout.start().out == ""


def test_a_terminal_shows_from_the_first_second_on_how_far_it_is(checkout):
    mine, its = os.openpty()
    checkout.said.write_text("")
    running = checkout.begin(then="echo 'Downloading numpy (16.5MiB)'; sleep 0.8", out=its)
    os.close(its)
    shown = b""
    with contextlib.suppress(OSError):  # a terminal that its last writer has left
        while more := os.read(mine, 1000):
            shown += more
    os.close(mine)
    running.communicate()
    assert re.search(rb"\r    \d s, 16.5 MB, now numpy", shown)


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ([], "12 s"),
        (["Collecting numpy==2.4.1 (from -r x)\n"], "12 s, 1 package, now numpy"),
        (
            ["Collecting a==1\n", "  Downloading a.whl (1.5 MB)\n", "Collecting b==1\n", "  Using cached b (500 kB)\n"],
            "12 s, 2 packages, 2.0 MB, now b",
        ),
        (["Installing collected packages: a, b\n"], "12 s, now Installing collected packages: a, b"),
        (["Prepared 2 packages in 3s\n", "Installed 2 packages in 1s\n", " + a==1\n", " + b==2\n"],
         "12 s, 2 packages, now Installed 2 packages in 1s"),
        (["nonsense (1 apple)\n", "\n"], "12 s"),
    ],
)  # fmt: skip
def test_how_far_an_installer_is(checkout, said, shown):
    assert checkout.module().how_far(said, 12.3) == shown


# --- options ---


def test_options_are_passed_to_the_lab(checkout, tmp_path):
    started = checkout.start("--port", "9000", "--no-browser", "--folder", "mine", cwd=tmp_path)
    assert started.ran[-1] == f"python -m mirrorlab lab --folder {tmp_path}/mine --port 9000 --no-browser"


def test_test_runs_every_check_and_the_tests_last(checkout):
    started = checkout.start("test")
    assert started.status == 0
    assert started.ran[3:] == [
        "python -m ruff check",
        "python -m ruff format --check",
        "python -m mypy",
        "python -m pytest -m not long and not browser",
    ]


def test_test_all_adds_those_in_a_browser(checkout):
    assert checkout.start("test", "--all").ran[-1] == "python -m pytest -m not long"


def test_test_long_runs_every_test(checkout):
    assert checkout.start("test", "--long").ran[-1] == "python -m pytest -m "


@pytest.mark.parametrize("fails", ["ruff check", "ruff format", "mypy", "pytest"])
def test_test_fails_when_one_of_them_fails_but_runs_the_rest(checkout, fails):
    started = checkout.start("test", fails=fails)
    assert f"failed: {fails};" in sentence(started)
    assert started.ran[-1] == "python -m pytest -m not long and not browser"


@pytest.mark.parametrize(
    "args", [["--all"], ["--long"], ["test", "--port", "9000"], ["test", "--no-browser"], ["learn"]]
)
def test_options_that_do_not_go_together_are_refused(checkout, args):
    started = checkout.start(*args)
    assert started.status == 2
    assert started.ran == []


@pytest.mark.parametrize("folder", ["", "~nosuchuser/course"])
def test_a_folder_that_is_none_is_refused_before_anything_opens(checkout, folder):
    checkout.start()
    started = checkout.start("--folder", folder)
    assert "names no folder: write its path in full" in sentence(started)
    assert started.ran == []


def test_a_current_folder_that_is_gone(checkout, tmp_path):
    checkout.start()
    (tmp_path / "gone").mkdir()
    start = checkout.root / "start.py"
    line = f"cd {tmp_path}/gone && rmdir ../gone && {sys.executable} '{start}' --folder x"
    done = subprocess.run(["sh", "-c", line], capture_output=True, text=True)
    assert "the current folder is not there any more" in sentence(
        SimpleNamespace(status=done.returncode, error=done.stderr)
    )


@pytest.mark.parametrize(
    ("words", "status"),
    [("--help > /dev/full", 1), ("> /dev/full", 1), ("nosuch", 2), ("--port x", 2), ("--help | true; exit 141", 141)],
)
def test_whatever_happens_to_its_output_one_line_tells(checkout, words, status):
    env = {"PATH": f"{checkout.uv.parent}:/usr/bin:/bin", "SAID": checkout.said, "THEN": "exit 0", "FAILS": "nothing"}
    line = f"'{sys.executable}' '{checkout.root}/start.py' {words}"
    done = subprocess.run(["sh", "-c", line], env=env, capture_output=True, text=True)
    assert done.returncode == status
    assert len(done.stderr.splitlines()) == (0 if status == 141 else 1), done.stderr


def test_help_gives_examples(checkout, capsys):
    with pytest.raises(SystemExit):
        checkout.module().main(["--help"])
    assert "python3 start.py test --all" in capsys.readouterr().out
