import json
import sys
import tomllib
from pathlib import Path

import pytest
from jupyter_client.kernelspec import KernelSpecManager

from mirrorlab.commands import doctor

ROOT = Path(__file__).parent.parent


@pytest.fixture(autouse=True)
def no_jupyter_settings_of_the_user(tmp_path, monkeypatch):
    for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR"):
        monkeypatch.setenv(name, str(tmp_path / name))


def kernel_of_another_python(tmp_path, program):
    folder = tmp_path / "JUPYTER_DATA_DIR" / "kernels" / "python3"
    folder.mkdir(parents=True)
    spec = {"argv": [program, "-m", "ipykernel"], "display_name": "Python 3", "language": "python"}
    (folder / "kernel.json").write_text(json.dumps(spec))


def test_a_healthy_machine(tmp_path):
    checks = doctor.examine(tmp_path / "my-course")
    assert [check for check in checks if not check.ok] == []
    assert "Everything is in place." in doctor.as_text(checks, verbose=True)


def test_without_verbose_a_healthy_machine_prints_nothing_of_its_own(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    doctor.doctor()
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "ok       python"
    assert str(tmp_path) not in "".join(lines)
    assert not any(character.isdigit() for line in lines for character in line.replace("python3", ""))


def test_verbose_shows_versions(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    doctor.doctor(verbose=True)
    assert f"ok       python: {sys.version.split()[0]}" in capsys.readouterr().out


def test_a_problem_is_told_in_words_with_what_to_do():
    checks = [doctor.Check("python", True, "3.11.7"), doctor.Check("numpy", False, "not installed", "install it")]
    assert doctor.as_text(checks, verbose=False).splitlines() == [
        "ok       python",
        "problem  numpy: not installed",
        "         What to do: install it.",
        "1 problem found.",
    ]


def test_json_says_the_same():
    assert json.loads(doctor.as_json([doctor.Check("numpy", False, "not installed", "install it")])) == {
        "ok": False,
        "checks": [{"name": "numpy", "ok": False, "found": "not installed", "advice": "install it"}],
    }


def test_the_oldest_versions_are_those_of_pyproject():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = {name: f"{name}>={oldest}" for name, oldest in doctor.PACKAGES.items()}
    declared = [requirement.split(",")[0] for requirement in project["optional-dependencies"]["learner"]]
    assert set(wanted.values()) <= set(declared)
    assert project["requires-python"] == ">=" + ".".join(map(str, doctor.OLDEST_PYTHON))


def test_an_old_python(monkeypatch):
    monkeypatch.setattr(doctor, "OLDEST_PYTHON", (99, 0))
    assert "install Python 99.0" in doctor.check_python().advice


def test_a_missing_package():
    check = doctor.check_package("no-such-package-of-ours", "1.0")
    assert (check.ok, check.found) == (False, "not installed")
    assert "start.py" in check.advice


def test_an_old_package():
    check = doctor.check_package("pytest", "999.0")
    assert not check.ok
    assert "too old" in check.found


def test_a_package_whose_files_are_gone(monkeypatch):
    monkeypatch.setattr(doctor.importlib.util, "find_spec", lambda name: None)
    assert "files are gone" in doctor.check_package("pytest", "1.0").found


def test_version_10_is_newer_than_version_9():
    assert doctor._numbers("10.0.1") > doctor._numbers("9.12")


def test_recordings_that_cannot_be_loaded(monkeypatch):
    monkeypatch.setattr(doctor, "RECORDING", "no-such-recording")
    check = doctor.check_mirrorlab()
    assert not check.ok
    assert "no-such-recording" in check.found


def test_the_kernel_of_another_python(tmp_path, monkeypatch):
    monkeypatch.setenv("JUPYTER_PREFER_ENV_PATH", "0")
    kernel_of_another_python(tmp_path, "/opt/other/bin/python3")
    check = doctor.check_kernel()
    assert not check.ok
    assert "/opt/other/bin/python3" in check.found


@pytest.mark.parametrize("program", ["python3", sys.executable])
def test_the_kernel_of_this_python(tmp_path, monkeypatch, program):
    monkeypatch.setenv("JUPYTER_PREFER_ENV_PATH", "0")
    kernel_of_another_python(tmp_path, program)
    assert doctor.check_kernel().ok


def test_no_kernel_at_all(monkeypatch):
    monkeypatch.setattr(KernelSpecManager, "ensure_native_kernel", False)
    monkeypatch.setattr(KernelSpecManager, "_find_spec_directory", lambda self, name: None)
    check = doctor.check_kernel()
    assert not check.ok
    assert "ipykernel install" in check.advice


def test_a_full_disk(tmp_path, monkeypatch):
    monkeypatch.setattr(doctor, "DISK_NEEDED", 1 << 60)
    assert "free some space" in doctor.check_disk(tmp_path / "not" / "yet").advice


def test_a_folder_below_a_file_cannot_be_written_to(tmp_path):
    (tmp_path / "file").write_text("")
    assert not doctor.check_folder(tmp_path / "file" / "my-course").ok
    assert doctor.check_folder(tmp_path / "not" / "yet").ok


def test_a_link_that_leads_to_itself_is_no_folder_to_work_in(tmp_path):
    (tmp_path / "loop").symlink_to("loop")
    for folder in (tmp_path / "loop", tmp_path / "loop" / "my-course"):
        check = doctor.check_folder(folder)
        assert not check.ok and "a link leads back to itself" in check.found
        assert not doctor.check_disk(folder).ok


def test_a_folder_without_permission(tmp_path, monkeypatch):
    def refuse(dir):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(doctor.tempfile, "TemporaryFile", refuse)  # root may write anywhere
    check = doctor.check_folder(tmp_path)
    assert check.found == f"{tmp_path} cannot be written to (Permission denied)"
    assert "--folder" in check.advice


def test_looking_at_a_folder_leaves_nothing_behind(tmp_path):
    (tmp_path / "empty").mkdir()
    doctor.examine(tmp_path / "empty" / "my-course")
    assert list((tmp_path / "empty").iterdir()) == []
