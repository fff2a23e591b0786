"""`mirrorlab replay`: what it prints, how it ends, and that one bad file does not stop the rest."""

import gzip
import io
import json

import pytest

from mirrorlab.commands.cli import main
from mirrorlab.oracle import cases as recordings
from mirrorlab.oracle import replay as oracle
from mirrorlab.oracle import report

CASE = "wmark-one"


@pytest.fixture
def case():
    return json.loads(json.dumps(recordings.load(CASE)))


@pytest.fixture
def saved(tmp_path):
    def save(case, name="case.json"):
        path = tmp_path / name
        path.write_text(json.dumps(case))
        return str(path)

    return save


def test_a_case_that_agrees_ends_with_status_0(capsys):
    assert main(["replay", CASE, "order0-pcp-low-0"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "order0-pcp         1/1",
        "wmark              1/1",
        "2 of 2 cases agree",
    ]


def test_a_difference_shows_case_operation_both_answers_and_the_lists_before(case, saved, capsys):
    wrong = json.loads(json.dumps(recordings.load("split-merge-one-0")))
    index = next(i for i, op in enumerate(wrong["ops"]) if op["op"] == "alloc" and op["order"] == 3)
    right = wrong["results"][index]
    wrong["results"][index] = 12345

    assert main(["replay", saved(wrong)]) == 1
    out = capsys.readouterr().out
    assert f"split-merge-one-0, operation {index}: alloc(" in out
    assert "gfp=" in out and "__GFP_NOWARN" in out
    assert f"Linux: 12345\n  model: {right}\n" in out
    assert "The machine before it:" in out and "free blocks of order" in out
    assert out.endswith("0 of 1 cases agree\n")


def test_first_difference_stops_there(case, saved, tmp_path, capsys):
    case["final"]["zones"][0]["watermark"]["low"] += 1
    saved(case, "1.json")
    saved(case, "2.json")
    assert main(["replay", "--first-difference", str(tmp_path)]) == 1
    assert capsys.readouterr().out.endswith("0 of 1 cases agree\n")
    assert main(["replay", str(tmp_path)]) == 1
    out = capsys.readouterr().out
    assert "also different: wmark-one, the final state: DMA: watermark, low" in out
    assert out.endswith("0 of 2 cases agree\n")


def test_json_says_the_same(case, saved, capsys):
    case["final"]["min_free_kbytes"] += 1
    assert main(["replay", "--json", saved(case), CASE]) == 1
    said = json.loads(capsys.readouterr().out)
    assert (said["agree"], said["total"]) == (1, 2)
    assert said["categories"]["wmark"] == {"agree": 1, "total": 2}
    assert said["cases"][0]["difference"]["what"] == "setting, vm.min_free_kbytes"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (gzip.compress(b'{"name": 1}' * 99, mtime=0)[:-20], "cut short"),
        (b"\x1f\x8bnot really", "damaged"),
        (b"", "no JSON"),
        (b"\xff\xfe\x00", "no JSON"),
        (b"[1, 2]", "not a JSON object"),
        (b'{"name": "x"}', "lacks category, machine"),
    ],
)
def test_a_bad_file_is_named_with_what_is_wrong_and_the_rest_runs(content, reason, tmp_path, capsys):
    bad = tmp_path / "bad.json.gz"
    bad.write_bytes(content)
    assert main(["replay", str(bad), CASE]) == 2
    said = capsys.readouterr()
    assert said.err.startswith(f"{bad}: ") and reason in said.err and said.err.count("\n") == 1
    assert said.out.endswith("1 of 1 cases agree\n")


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (lambda case: case["results"].pop(), "1 operations but 0 results"),
        (lambda case: case["ops"][0].update(op="explode"), "unknown kind 'explode'"),
        (lambda case: case["ops"][0].pop("value"), "lacks value"),
        (lambda case: case["ops"][0].update(value="many"), "value is not a number"),
        (lambda case: case["ops"][0].update(cpu=9), "no CPU 9"),
        (lambda case: case["final"]["zones"].pop(), "zones"),
        (lambda case: case["initial"]["zones"][0].pop("free_area"), "lacks free_area"),
        (lambda case: case["initial"]["zones"][0]["free_area"].pop(), "makes no machine"),
        (lambda case: case["machine"]["globals"].pop("max_order"), "lacks max_order"),
    ],
)
def test_a_malformed_case_is_named_with_what_is_wrong(damage, reason, case, saved, capsys):
    damage(case)
    assert main(["replay", saved(case)]) == 2
    assert reason in capsys.readouterr().err


def test_a_path_that_is_nothing_and_an_empty_folder_are_named(tmp_path, capsys):
    assert main(["replay", "no-such-case", str(tmp_path)]) == 2
    err = capsys.readouterr().err
    assert "no-such-case: no such case" in err
    assert f"{tmp_path}: no recorded case in this folder" in err


def test_a_model_that_breaks_is_a_difference_not_a_crash(monkeypatch, capsys):
    def broken(replay, op):
        raise IndexError("list index out of range")

    monkeypatch.setitem(oracle._OPERATIONS, "set_min_free_kbytes", broken)
    assert main(["replay", CASE]) == 1
    assert "model: stopped with IndexError: list index out of range" in capsys.readouterr().out


def test_ctrl_c_tells_what_came_out_so_far(monkeypatch, capsys):
    def stop(case, report):
        raise KeyboardInterrupt

    monkeypatch.setattr(report, "judge", stop)
    assert main(["replay", CASE]) == 130
    assert capsys.readouterr().out == "stopped before the end; of those replayed,\n0 of 0 cases agree\n"


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_a_bar_on_a_terminal_shows_how_far_it_is_and_is_wiped_at_the_end():
    terminal, pipe = Terminal(), io.StringIO()
    assert list(report.progress([1, 2], "replaying", terminal)) == [1, 2]
    assert "1/2" in terminal.getvalue() and terminal.getvalue().endswith(" \r")
    assert list(report.progress([1, 2], "replaying", pipe)) == [1, 2]
    assert pipe.getvalue() == ""
