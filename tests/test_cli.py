import json
import subprocess
import sys

import pytest

from mirrorlab.commands import cli, doctor, lab

GOOD = doctor.Check("python", True, "3.11.7")
BAD = doctor.Check("numpy", False, "not installed", "install it")


def test_without_a_command_it_shows_its_help(capsys):
    assert cli.main([]) == 0
    assert "mirrorlab doctor" in capsys.readouterr().out


def commands():
    """The subcommands, as the help lists them."""
    return sorted(_below(cli.PARSER))


def _below(parser, *words):
    for action in parser._actions:
        if isinstance(action.choices, dict):
            for word, each in action.choices.items():
                yield (*words, word)
                yield from _below(each, *words, word)


@pytest.mark.parametrize("command", [(), *commands()], ids=" ".join)
def test_every_help_has_examples(capsys, command):
    with pytest.raises(SystemExit) as stop:
        cli.main([*command, "--help"])
    assert stop.value.code == 0
    assert f"examples:\n  mirrorlab {' '.join(command)}" in capsys.readouterr().out


def test_an_unknown_command_is_misuse(capsys):
    with pytest.raises(SystemExit) as stop:
        cli.main(["docter"])
    assert stop.value.code == 2
    assert "doctor" in capsys.readouterr().err


@pytest.mark.parametrize(("checks", "status"), [([GOOD], 0), ([GOOD, BAD], 1)])
def test_doctor(capsys, monkeypatch, checks, status):
    monkeypatch.setattr(doctor, "examine", lambda folder: checks)
    assert cli.main(["doctor"]) == status
    assert capsys.readouterr().out.startswith("ok       python: 3.11.7\n")
    assert cli.main(["doctor", "--json"]) == status
    assert json.loads(capsys.readouterr().out)["ok"] == (status == 0)


def test_doctor_looks_at_the_folder_it_is_given(capsys, monkeypatch, tmp_path):
    monkeypatch.setattr(doctor, "examine", lambda folder: [doctor.check_folder(folder)])
    cli.main(["doctor", "--folder", str(tmp_path)])
    assert str(tmp_path) in capsys.readouterr().out


def test_lab_hands_its_options_on(monkeypatch, tmp_path):
    calls = []
    monkeypatch.setattr(lab, "open_lab", lambda *args, **options: calls.append((args, options)) or 0)
    assert cli.main(["lab", "--folder", str(tmp_path), "--port", "9000", "--no-browser"]) == 0
    assert calls == [((tmp_path, 9000), {"browser": False})]


def test_lab_says_in_one_sentence_why_it_cannot_open(capsys, monkeypatch):
    def refuse(*args, **options):
        raise lab.LabError("Port 1 is taken.")

    monkeypatch.setattr(lab, "open_lab", refuse)
    assert cli.main(["lab"]) == 1
    assert capsys.readouterr() == ("", "Port 1 is taken.\n")


@pytest.mark.parametrize("port", ["0", "65536", "http", "-1", "³"])
def test_a_port_that_is_none(capsys, port):
    with pytest.raises(SystemExit) as stop:
        cli.main(["lab", f"--port={port}"])
    assert stop.value.code == 2
    assert "from 1 to 65535" in capsys.readouterr().err


def test_python_m_mirrorlab_is_the_same_command():
    run = subprocess.run([sys.executable, "-m", "mirrorlab", "--help"], capture_output=True, text=True, check=True)
    assert run.stdout.startswith("usage: mirrorlab ")
