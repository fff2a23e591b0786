"""Each guard must turn red: a good notebook with one thing spoiled."""

import copy
import json

import notebook_guards
import pytest


def markdown(text):
    return {"cell_type": "markdown", "id": None, "metadata": {}, "source": text}


def run(source, *outputs, tags=()):
    return {
        "cell_type": "code",
        "id": None,
        "metadata": {"tags": list(tags)},
        "source": source,
        "execution_count": None,
        "outputs": list(outputs),
    }


def stdout(text):
    return {"output_type": "stream", "name": "stdout", "text": text}


def shows(**data):
    return {"output_type": "display_data", "metadata": {}, "data": {k.replace("_", "/"): v for k, v in data.items()}}


PICTURE = shows(image_png="iVBORw0KGgo=", text_plain="<Figure size 640x480 with 1 Axes>")
ERROR = {"output_type": "error", "ename": "ValueError", "evalue": "no", "traceback": []}
WIDGET = {"output_type": "display_data", "metadata": {}, "data": {notebook_guards.WIDGET: {"model_id": "a"}}}


@pytest.fixture
def problems(tmp_path):
    """Return what the guards say about a lesson with these cells added and this spoiled."""

    def problems(*cells, spoil=lambda cells: None, lesson=True):
        good = [markdown("## A section"), run("print(1)", stdout("1\n"))] * 6
        notebook = [copy.deepcopy(cell) for cell in [*good, *cells]]
        for number, cell in enumerate(notebook):
            cell["id"] = f"c{number}"
        for count, cell in enumerate((c for c in notebook if c["cell_type"] == "code"), 1):
            cell["execution_count"] = count
        spoil(notebook)
        path = tmp_path / "trap.ipynb"
        path.write_text(json.dumps({"cells": notebook, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}))
        return notebook_guards.problems(path, lesson)

    return problems


def test_a_good_lesson_has_no_problems(problems):
    assert problems() == []


def test_a_cell_that_was_not_run(problems):
    assert "execution counts" in problems(spoil=lambda cells: cells[1].update(execution_count=None))[0]


def test_cells_run_out_of_order(problems):
    assert "execution counts" in problems(spoil=lambda cells: cells[1].update(execution_count=7))[0]


@pytest.mark.parametrize("source", ["# NBVAL_IGNORE_OUTPUT\nprint(1)", "# NBVAL_SKIP"])
def test_a_cell_kept_from_nbval_by_a_comment(problems, source):
    assert "kept from being checked" in problems(run(source))[0]


def test_a_cell_kept_from_nbval_by_a_tag(problems):
    assert "nbval-skip" in problems(run("1", tags=["nbval-skip"]))[0]


@pytest.mark.parametrize(
    "source", ["%nosuchmagic\nassert False", "%%bash\nls", "!ls", "x = !ls", "x = %pwd", "if 1:\n    %time 1", "print?"]
)
def test_a_magic_that_is_not_allowed(problems, source):
    assert "not allowed" in problems(run(source))[0]


def test_an_allowed_magic(problems, monkeypatch):
    monkeypatch.setattr(notebook_guards, "ALLOWED_MAGICS", {"matplotlib"})
    assert problems(run("%matplotlib inline")) == []


@pytest.mark.parametrize("source", ['"""\n%d\n"""', "7\\\n% 2", "# %time"])
def test_a_percent_sign_that_is_no_magic(problems, source):
    assert problems(run(source)) == []


@pytest.mark.parametrize(
    "source",
    [
        "get_ipython().set_custom_exc((Exception,), lambda *a, **k: None)",
        "shell = get_ipython()\nshell._showtraceback = print",
        "shell.showtraceback = lambda *a: None",
        "import sys\nsys.excepthook = print",
    ],
)
def test_a_handler_that_could_hide_errors(problems, source):
    assert "decides how errors are shown" in problems(run(source))[0]


def test_a_cell_that_is_not_python(problems):
    assert "not Python" in problems(run("print(1"))[0]


@pytest.mark.parametrize("tag", ["raises-exception", "nbval-raises-exception"])
def test_an_exception_that_is_no_longer_raised(problems, tag):
    assert "holds none" in problems(run("1", tags=[tag]))[0]
    assert problems(run("1 / 0", ERROR, tags=[tag])) == []


def test_an_error_that_nobody_announced(problems):
    assert "not tagged" in problems(run("1 / 0", ERROR))[0]


@pytest.mark.parametrize(
    "picture", [PICTURE, shows(image_svg="<svg/>"), shows(text_html="<p><img src='x'></p>", text_plain="<HTML object>")]
)
def test_a_picture_without_its_text_twin(problems, picture):
    assert "picture" in problems(run("plot()", picture))[0]
    assert "picture" in problems(run("plot()", picture, stdout("\n")))[0]
    assert problems(run("plot()", picture, stdout("order 3: 2 blocks\n"))) == []


def test_ids_missing_or_twice(problems):
    assert "no id" in problems(spoil=lambda cells: cells[3].pop("id"))[0]
    assert "earlier cell" in problems(spoil=lambda cells: cells[3].update(id="c1"))[0]


def test_too_few_and_too_many_cells(problems):
    assert "3 cells" in problems(spoil=lambda cells: cells.__delitem__(slice(3, None)))[0]
    assert "26 cells" in problems(*[markdown("text")] * 14)[0]


def test_a_code_cell_that_is_too_long(problems):
    assert "11 lines" in problems(run("1\n" * 11))[0]
    assert problems(run("1\n" * 10)) == []
    assert problems(run("1\n" * 30, tags=["solution"])) == []


def test_a_prose_cell_that_is_too_long(problems):
    assert "61 words" in problems(markdown("word " * 61))[0]
    assert problems(markdown("word " * 60)) == []


def test_two_widgets_in_one_section(problems):
    assert "second widget" in problems(run("a", WIDGET), run("b", WIDGET))[0]
    assert problems(run("a", WIDGET), markdown("## Next"), run("b", WIDGET)) == []


def test_budgets_are_for_lessons_only(problems):
    assert problems(markdown("word " * 61), lesson=False) == []
