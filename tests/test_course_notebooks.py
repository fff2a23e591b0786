"""exercises/ is made from solutions/, by leaving out only; what is not sound turns red (tried on copies)."""

import copy
import json
import shutil
from dataclasses import replace
from pathlib import Path

import nbformat
import notebook_guards
import pytest
from test_notebooks import execute, nbval

from mirrorlab.commands import cli, lab
from mirrorlab.course.author import build, verify
from mirrorlab.course.author.build import BadSource, Parts
from mirrorlab.course.judge import exercise, rules

ROOT = Path(__file__).parent.parent
SETS = sorted(path.name for path in (ROOT / "solutions").glob("*.ipynb"))
MERGING = "03_merging.ipynb"
THE_EXERCISES = "03_merging_exercises.ipynb"


def exercises_of(name):
    return name.replace(".ipynb", "_exercises.ipynb")


@pytest.fixture
def course(tmp_path):
    """A copy of the course, to be spoiled."""
    for folder in ("solutions", "exercises"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    (tmp_path / "mirrorlab/course/learner").mkdir(parents=True)
    shutil.copy(ROOT / build.TEXTS, tmp_path / build.TEXTS)
    return tmp_path


def spoil(course, change, name=MERGING, folder="solutions"):
    """Change the cells of one notebook of a copy: change(cells by id)."""
    path = course / folder / name
    notebook = json.loads(path.read_text())
    change({cell["id"]: cell for cell in notebook["cells"]})
    path.write_text(json.dumps(notebook))


def edit(cell, old, new):
    source = "".join(cell["source"])
    assert old in source
    cell["source"] = source.replace(old, new)


def faults_of(course, *chosen):
    """What verify says about a copy."""
    proofs, faults = verify.prove(course, chosen)
    return [*faults, *(fault for proof in proofs for fault in proof.faults)]


# --- what is made ---


def test_every_set_of_solutions_has_its_exercises_up_to_date():
    assert build.out_of_date(ROOT) == []
    assert sorted(path.name for path in (ROOT / "exercises").glob("*.ipynb")) == list(map(exercises_of, SETS))


@pytest.mark.parametrize("name", SETS)
def test_exercises_are_made_by_leaving_out_only(name):
    source, made = build.read(ROOT / "solutions" / name), build.read(ROOT / "exercises" / exercises_of(name))
    kept = [cell["source"] for cell in source if build.tag_of(cell) not in build.LEFT_OUT]
    assert [cell["source"] for cell in made] == kept
    assert all(not cell.get("outputs") and cell.get("execution_count") is None for cell in made)
    assert not any(build.tag_of(cell) in build.LEFT_OUT for cell in made)


@pytest.mark.parametrize("name", SETS)
@pytest.mark.parametrize("folder", ["solutions", "exercises"])
def test_exercises_are_valid_notebooks_in_short_prose(folder, name):
    path = ROOT / folder / (name if folder == "solutions" else exercises_of(name))
    nbformat.validate(nbformat.read(path, as_version=nbformat.NO_CONVERT))
    long = [cell["id"] for cell in build.read(path)
            if cell["cell_type"] == "markdown" and len(cell["source"].split()) > notebook_guards.MAX_WORDS]  # fmt: skip
    assert long == []


def test_every_exercise_has_cells_and_texts():
    written = {part.name: part for name in SETS for part in build.parts(build.read(ROOT / "solutions" / name), name)}  # fmt: skip  # noqa: E501
    assert set(written) == set(exercise.all_exercises())
    from mirrorlab.course.learner.hints import texts

    for name, part in written.items():
        assert texts()[name]["hints"] == part.hints
        assert texts()[name]["stub"] == part.stub
        assert texts()[name]["explanation"] == part.explanation


@pytest.mark.parametrize("name", SETS)
def test_solutions_pass_in_strict_mode(name, monkeypatch, tmp_path):
    monkeypatch.setenv("MIRRORLAB_STRICT", "1")
    monkeypatch.setenv("MIRRORLAB_DATA", str(tmp_path))
    notebook = nbformat.read(ROOT / "solutions" / name, as_version=4)
    notebook.cells = [cell for cell in notebook.cells if "exercise" not in cell.metadata.get("tags", [])]
    execute(notebook, tmp_path)


def test_a_stub_fails_in_strict_mode(monkeypatch, tmp_path):
    from nbclient.exceptions import CellExecutionError

    monkeypatch.setenv("MIRRORLAB_STRICT", "1")
    monkeypatch.setenv("MIRRORLAB_DATA", str(tmp_path))
    notebook = nbformat.read(ROOT / "exercises" / THE_EXERCISES, as_version=4)
    with pytest.raises(CellExecutionError, match=r"NOT STARTED: ex03\.find_buddy"):
        execute(notebook, tmp_path)


def test_a_stub_fails_in_strict_mode_under_nbval_too(monkeypatch, tmp_path):
    monkeypatch.setenv("MIRRORLAB_STRICT", "1")
    for name in (f"exercises/{THE_EXERCISES}", "conftest.py"):
        shutil.copy(ROOT / name, tmp_path)
    judged = nbval(tmp_path / THE_EXERCISES)
    assert judged.returncode == 1
    assert "NOT STARTED: ex03.find_buddy" in judged.stdout


def test_a_rule_goes_into_every_check_and_is_said_above_it(tmp_path, capsys):
    assert cli.main(["course", "build", "--rule", "tail=inverted", "--output", str(tmp_path)]) == 0
    cells = build.read(tmp_path / "exercises" / THE_EXERCISES)
    stub = next(cell["source"] for cell in cells if cell["id"] == "e3-free-one-page")
    assert stub.startswith("# Here a freed block goes to the tail of its list when its parent's buddy is *not* free")
    assert '@check("ex03.free_one_page", rule="tail=inverted")\ndef __free_one_page' in stub
    assert not (tmp_path / build.TEXTS).exists()


# --- sabotage: what must turn red ---


def test_a_copy_that_nobody_touched_is_sound(course):
    assert build.out_of_date(course) == []
    assert faults_of(course, "ex03.find_buddy") == []


def test_a_wrong_solution_slipped_in(course):
    spoil(
        course,
        lambda cells: edit(cells["e3-find-buddy-solution"], "page_idx ^ (1 << order)", "page_idx + (1 << order)"),
    )
    [fault] = faults_of(course, "ex03.find_buddy")
    assert fault.startswith("the solution is judged not yet: Block 1 is the right half of its pair")


def test_a_solution_that_is_a_stub(course):
    spoil(course, lambda cells: edit(cells["e3-find-buddy-solution"], "return page_idx ^ (1 << order)", "raise NotImplementedError"))  # noqa: E501  # fmt: skip
    assert faults_of(course, "ex03.find_buddy")[0].startswith("the solution is judged not started")


def test_a_stub_that_is_solved_already(course):
    spoil(course, lambda cells: edit(cells["e3-find-buddy"], "raise NotImplementedError  # one line", "return page_idx ^ (1 << order)"))  # noqa: E501  # fmt: skip
    assert "the stub says right, not not started" in faults_of(course, "ex03.find_buddy")


@pytest.mark.parametrize(
    "text",
    [
        *("return page_idx ^ (1<<order)", "try `page_idx ^ 1 << order`", "page_idx\n^ (1 << order)"),
        *(
            "`page_idx` ^ `(1 << order)`",
            "(1 << order) ^ page_idx",
            "page_idx ^ 2 ** order",
            "take 2**order ^ page_idx",
        ),
    ],
)
def test_a_hint_that_contains_its_solution(course, text):
    spoil(course, lambda cells: edit(cells["e3-find-buddy-hint-2"], "The bit", text + " The bit"))
    assert "hint 2 of ex03.find_buddy contains a piece of the solution" in faults_of(course, "ex03.find_buddy")[0]
    with pytest.raises(BadSource, match="hint 2"):
        build.build(course)


@pytest.mark.parametrize(
    "cell", ["e3-find-buddy", "e3-find-buddy-hint-1", "e3-find-buddy-solution", "e3-find-buddy-why"]
)
def test_a_missing_tag(course, cell):
    spoil(course, lambda cells: cells[cell]["metadata"].pop("tags"))
    assert "tag" in faults_of(course, "ex03.find_buddy")[0]
    with pytest.raises(BadSource, match=f"{MERGING}.*tag"):
        build.build(course)


@pytest.mark.parametrize("part", ["hint-1", "solution", "why"])
def test_a_part_that_is_not_there(course, part):
    path = course / "solutions" / MERGING
    notebook = json.loads(path.read_text())
    gone = [f"e3-page-is-buddy-{part}", f"e3-page-is-buddy-{part.replace('1', '2')}"]
    notebook["cells"] = [cell for cell in notebook["cells"] if cell["id"] not in gone]
    path.write_text(json.dumps(notebook))
    with pytest.raises(BadSource, match=r"ex03\.page_is_buddy has no cell tagged"):
        build.build(course)


def test_an_exercise_edited_by_hand(course):
    spoil(course, lambda cells: edit(cells["e3-find-buddy-task"], "buddies", "friends"), THE_EXERCISES, "exercises")
    assert build.out_of_date(course) == [
        f"exercises/{THE_EXERCISES} is not what solutions/ makes: change it there, then run 'mirrorlab course build'."
    ]


def test_a_hint_edited_by_hand(course):
    path = course / build.TEXTS
    path.write_text(path.read_text().replace("in binary", "in hexadecimal"))
    assert len(build.out_of_date(course)) == 1


def test_an_exercise_without_solutions(course):
    shutil.copy(course / "exercises" / THE_EXERCISES, course / "exercises/99_more.ipynb")
    [fault] = build.out_of_date(course)
    assert fault.startswith("exercises/99_more.ipynb has no notebook in solutions/")


def test_a_wrong_stored_output(course):
    """In a copy cut down to one exercise, which nbval runs sooner."""
    path = course / "solutions" / MERGING
    notebook = json.loads(path.read_text())
    notebook["cells"] = [cell for cell in notebook["cells"] if cell["id"] in ("imports", "e3-find-buddy-solution")]
    path.write_text(json.dumps(notebook))
    shutil.copy(ROOT / "conftest.py", course)
    assert nbval(path).returncode == 0

    [output] = notebook["cells"][1]["outputs"]
    output["data"]["text/plain"] = [line.replace("3,933", "3,934") for line in output["data"]["text/plain"]]
    path.write_text(json.dumps(notebook))
    assert nbval(path).returncode == 1


def with_exercise(monkeypatch, name, **changes):
    changed = {**exercise.all_exercises(), name: replace(exercise.find(name), **changes)}
    monkeypatch.setattr(exercise, "all_exercises", lambda: changed)


def test_a_wrong_answer_whose_killer_case_was_removed(monkeypatch):
    chosen = exercise.find("ex03.page_is_buddy")
    with_exercise(monkeypatch, chosen.name, cases=tuple(case for case in chosen.cases if case.name != "a larger block"))
    assert faults_of(ROOT, chosen.name) == [
        "the wrong answer 'larger too' needs the case 'a larger block', which is not there"
    ]


def test_a_wrong_answer_that_is_right(monkeypatch):
    chosen = exercise.find("ex03.find_buddy")
    right = replace(chosen.wrongs[0], function=copy.copy(answers_find_buddy))
    with_exercise(monkeypatch, chosen.name, wrongs=[right, *chosen.wrongs[1:]])
    assert faults_of(ROOT, chosen.name) == [
        "the wrong answer 'plus' passes the case 'right half first', which should catch it"
    ]


def test_a_wrong_answer_that_gets_anothers_message(monkeypatch):
    chosen = exercise.find("ex03.find_buddy")
    twice = replace(chosen.wrongs[0], name="plus again")
    with_exercise(monkeypatch, chosen.name, wrongs=[*chosen.wrongs, twice])
    assert faults_of(ROOT, chosen.name) == ["the wrong answer 'plus again' gets the message of 'plus'"]


def test_too_few_wrong_answers(monkeypatch):
    chosen = exercise.find("ex03.find_buddy")
    with_exercise(monkeypatch, chosen.name, wrongs=chosen.wrongs[:2])
    assert faults_of(ROOT, chosen.name) == ["it has 2 named wrong answers: name 3"]


def test_cases_that_miss_a_branch(monkeypatch):
    chosen = exercise.find("ex02.expand")
    with_exercise(monkeypatch, chosen.name, cases=(), wrongs=[])
    assert any("its cases miss a branch of the solution" in fault for fault in faults_of(ROOT, chosen.name))


def test_recordings_that_miss_a_branch(monkeypatch):
    with_exercise(monkeypatch, "ex04.can_steal", recordings=("fallback-resv-0",))
    [fault] = faults_of(ROOT, "ex04.can_steal")
    assert (
        fault
        == "its recordings miss a branch of the solution: not tested here: the condition in line 4 was never false"
    )


def test_a_recording_that_is_not_there(monkeypatch):
    with_exercise(monkeypatch, "ex03.find_buddy", recordings=("no-such-case",))
    assert "no-such-case: no such case" in faults_of(ROOT, "ex03.find_buddy")[0]


def test_an_exercise_nobody_wrote_cells_for(course):
    (course / "solutions" / "02_splitting.ipynb").unlink()
    assert faults_of(course, "ex02.expand") == ["ex02.expand has no cells in solutions/: write them"]


def answers_find_buddy(page_idx, order):
    return page_idx ^ (1 << order)


# --- hints that give nothing away ---


@pytest.mark.parametrize(
    "hint", ["shift 1 by the order: `1 << order`", "which bit? think of page_idx", "`return` once"]
)
def test_words_of_the_solution_may_be_used(hint):
    part = Parts(
        "ex", "def f(page_idx, order): ...", "def f(page_idx, order):\n    return page_idx ^ (1 << order)", [hint]
    )
    assert build.leaks(part) == []


def test_what_the_stub_says_anyway_is_no_leak():
    line = "vmstat.__mod_zone_freepage_state(zone, 1 << order, migratetype)"
    part = Parts("ex", f"def f(): {line}", f"def f():\n    {line}", [f"Keep `{line}`."])
    assert build.leaks(part) == []


# --- the proof, and the command ---


@pytest.mark.parametrize("set_", ["ex00", "ex01", "ex02", "ex03", "ex04"])
def test_every_exercise_is_proven(set_):
    proofs, faults = verify.prove(ROOT, [set_])
    assert faults == [] and [fault for proof in proofs for fault in proof.faults] == []
    assert all(proof.caught == proof.wrongs >= 3 and proof.covered == proof.branches for proof in proofs)
    assert all(proof.operations > (500 if set_ == "ex01" else 3000) for proof in proofs)


def test_without_a_kernel_a_rule_changes_nothing_and_says_so(capsys, tmp_path):
    assert cli.main(["course", "verify", "ex01", "--rule", "max_order=8"]) == 0
    out = capsys.readouterr().out
    assert "ex01.survival, ex01.faults, ex01.best_mirror: No altered rule applies: no kernel is involved." in out
    assert "7 of 7" in out  # wrong answers are tried as usual
    assert cli.main(["course", "build", "--rule", "max_order=8", "--output", str(tmp_path)]) == 0
    name = "01_why_mirror_memory_exercises.ipynb"
    assert build.read(tmp_path / "exercises" / name) == build.read(ROOT / "exercises" / name)


@pytest.mark.parametrize("rule", rules.EXAMPLES)
def test_the_command_proves_every_exercise_under_a_rule(capsys, monkeypatch, rule):
    monkeypatch.setattr(verify, "SEEDS", range(2))
    assert cli.main(["course", "verify", "--rule", rule]) == 0
    assert capsys.readouterr().out.endswith("13 of 13 exercises are proven\n")


def test_a_wrong_answer_that_passes_under_a_rule_is_a_fault(monkeypatch):
    monkeypatch.setattr(verify, "RIGHT_UNDER", {})
    proofs, _ = verify.prove(ROOT, ["ex04.steal"], rules.find("max_order=8"))
    assert proofs[0].faults == ["the wrong answer 'one page block' is judged right, not not yet"]


def test_the_command_fails_when_something_is_not_proven(capsys, monkeypatch, course):
    monkeypatch.setattr(lab, "course_folder", lambda: course)
    spoil(course, lambda cells: edit(cells["e3-find-buddy-solution"], "^", "+"))
    assert cli.main(["course", "verify", "ex03.find"]) == 1
    out = capsys.readouterr().out
    assert "0 of 1 exercises are proven" in out and "not proven" in out
    assert cli.main(["course", "verify", "ex77"]) == 1
    assert "no exercise's name begins with ex77: choose from ex00.zone_spans_pfn, " in capsys.readouterr().out
    assert cli.main(["course", "verify", "--rule", "x"]) == 1
    assert "there is no rule 'x'" in capsys.readouterr().err


def test_the_command_builds_and_checks(capsys, monkeypatch, course):
    monkeypatch.setattr(lab, "course_folder", lambda: course)
    assert cli.main(["course", "build", "--check"]) == 0
    (course / "exercises" / THE_EXERCISES).unlink()
    assert cli.main(["course", "build", "--check"]) == 1
    assert cli.main(["course", "build"]) == 0
    assert "wrote exercises/03_merging_exercises.ipynb" in capsys.readouterr().out
    assert cli.main(["course", "build"]) == 0
    assert capsys.readouterr().out.startswith("Nothing to do")
    spoil(course, lambda cells: cells["e3-find-buddy"]["metadata"].clear())
    assert cli.main(["course", "build"]) == 1
    assert "so tag it exercise or solution" in capsys.readouterr().err
    assert cli.main(["course", "build", "--rule", "max_order=8"]) == 2


def test_the_command_hands_out_without_overwriting(capsys, tmp_path):
    folder = tmp_path / "mine"
    assert cli.main(["course", "start", "--folder", str(folder)]) == 0
    mine = folder / "exercises" / THE_EXERCISES
    mine.write_text("my work")
    assert cli.main(["course", "start", "--folder", str(folder)]) == 0
    assert mine.read_text() == "my work"
    said = capsys.readouterr().out
    assert "exercises/03_merging_exercises.ipynb" in said
    assert "A fresh one is in 03_merging_exercises.new.ipynb. Your own file is unchanged." in said


def test_starting_where_nothing_can_be_written_says_what_to_do(capsys, tmp_path):
    (tmp_path / "file").write_text("")
    assert cli.main(["course", "start", "--folder", str(tmp_path / "file")]) == 1
    assert "choose another folder with --folder" in capsys.readouterr().err


def test_course_alone_shows_its_commands(capsys):
    assert cli.main(["course"]) == 0
    assert "mirrorlab course verify" in capsys.readouterr().out
