"""Every link of every notebook leads somewhere: in the repository, in a learner's folder, in an export."""

import html
import json
import os
import re
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from mirrorlab.commands import cli, export, lab
from mirrorlab.commands.lab import LabError
from mirrorlab.course.learner.progress import Store

ROOT = Path(__file__).parent.parent
HREF = re.compile(r"""\bhref=["']([^"']*)["']""")
MARKDOWN = re.compile(r"\]\(([^)\s]+)\)")


def links_of_notebook(path):
    """What its prose and its stored outputs link to."""
    found = []
    for cell in json.loads(path.read_text())["cells"]:
        source = "".join(cell["source"])
        found += MARKDOWN.findall(source) + HREF.findall(source) if cell["cell_type"] == "markdown" else []
        for output in cell.get("outputs", []):
            for kind in ("text/html", "text/markdown", "image/svg+xml"):
                found += HREF.findall("".join(output.get("data", {}).get(kind, "")))
    return found


def links_of_page(path):
    return HREF.findall(path.read_text())


def dead(root, pattern, links_of):
    """Links that lead nowhere or out of the folder, as "file: link". Also checks that there are links at all."""
    wrong, followed = [], 0
    for path in sorted(root.glob(pattern)):
        for link in map(html.unescape, links_of(path)):
            parts = urlsplit(link)
            if parts.scheme or not parts.path:
                continue
            followed += 1
            there = Path(os.path.normpath(path.parent / unquote(parts.path)))
            if not there.is_relative_to(root) or not there.is_file():
                wrong.append(f"{path.name}: {link}")
    assert followed > 40
    return wrong


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MIRRORLAB_DATA", str(tmp_path_factory.mktemp("progress")))
        Store().change(lambda record: record["predictions"].update({"02 one": {"right": True}}))
        folder = tmp_path_factory.mktemp("web") / "pages"
        assert cli.main(["course", "export", str(folder)]) == 0
        yield folder


def test_in_the_repository():
    assert dead(ROOT, "[nes][oxo][tel]*s/*.ipynb", links_of_notebook) == []  # notebooks, exercises, solutions


def test_in_a_learners_folder(tmp_path):
    lab.hand_out(ROOT, tmp_path)
    assert dead(tmp_path, "*/*.ipynb", links_of_notebook) == []  # no link to solutions/ either


def test_in_the_home_as_a_learner_gets_it(tmp_path, monkeypatch):
    monkeypatch.setenv("MIRRORLAB_DATA", str(tmp_path / "progress"))
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(tmp_path / "jupyter"))
    folder = tmp_path / "course"
    lab.hand_out(ROOT, folder)
    lab.show_home(folder)
    home = folder / "notebooks/home.ipynb"
    links = links_of_notebook(home)
    assert len(links) > 7 and [link for link in links if not (home.parent / link).is_file()] == []


def test_in_an_export(exported):
    assert dead(exported, "**/*.html", links_of_page) == []
    assert not any(".ipynb" in link for path in exported.rglob("*.html") for link in links_of_page(path))


def test_a_link_to_a_lesson_that_is_not_there_is_dead(tmp_path):
    lab.hand_out(ROOT, tmp_path)
    path = tmp_path / "notebooks/06_boot.ipynb"
    path.write_text(path.read_text().replace("(home.ipynb)", "(07_zones.ipynb)"))
    assert set(dead(tmp_path, "*/*.ipynb", links_of_notebook)) == {"06_boot.ipynb: 07_zones.ipynb"}


# --- the export ---


def test_an_export_holds_lessons_exercises_and_progress_but_no_solution(exported):
    pages = {str(path.relative_to(exported)) for path in exported.rglob("*.html")}
    notebooks = {str(path.relative_to(ROOT)) for folder in lab.SUBFOLDERS for path in ROOT.glob(f"{folder}/*.ipynb")}
    assert pages == {name.replace(".ipynb", ".html") for name in notebooks} | {"index.html"}
    home = (exported / "notebooks/home.html").read_text()
    assert "Continue: 02 · Free lists and splitting" in home and "import" not in home
    assert "<svg" in home and "&lt;svg" not in home
    assert "raise" in (exported / "exercises/03_merging_exercises.html").read_text()
    text = "".join(path.read_text() for path in exported.rglob("*.html"))
    assert "<script" not in text and not re.search(r'(src|href)="https?:', text)


@pytest.mark.parametrize(
    ("link", "becomes"),
    [
        ('<a href="home.ipynb">', '<a href="home.html">'),
        ('<a class="x" href="../exercises/a.ipynb#part">', '<a class="x" href="../exercises/a.html#part">'),
        ('<a href="#here">', '<a href="#here">'),
        ('<a href="https://docs.kernel.org/a.ipynb">', '<a href="https://docs.kernel.org/a.ipynb">'),
        ('<a href="../solutions/a.ipynb">', "<a >"),
        ('<a href="../../secret.ipynb">', "<a >"),
        ('<a href="/etc/passwd">', "<a >"),
    ],
)
def test_links_are_rewritten_and_lead_nowhere_else(link, becomes):
    pages = ["notebooks/home.html", "exercises/a.html"]
    assert export.with_links(link, "notebooks/home.html", pages) == becomes


@pytest.fixture
def quick(monkeypatch):
    """An export that converts nothing."""
    monkeypatch.setattr(export, "_converter", lambda: lambda found: "text")


def files(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_an_export_is_made_anew_and_an_empty_folder_filled(quick, tmp_path):
    folder = tmp_path / "pages"
    folder.mkdir()
    export.export(ROOT, folder)
    first = files(folder)
    export.export(ROOT, folder)
    assert files(folder) == first
    assert list(tmp_path.iterdir()) == [folder]


@pytest.mark.parametrize("name", ["mine.txt", "notebooks/mine.ipynb", export.MARK + "ed"])
def test_a_folder_with_anything_else_in_it_is_refused(quick, tmp_path, name):
    folder = tmp_path / "pages"
    export.export(ROOT, folder)
    (folder / name).write_text("mine")
    before = files(folder)
    with pytest.raises(LabError, match="not from an export: move it elsewhere"):
        export.export(ROOT, folder)
    (folder / export.MARK).unlink()
    with pytest.raises(LabError, match="not empty and no export"):
        export.export(ROOT, folder)
    assert before.items() >= files(folder).items() and (folder / name).read_text() == "mine"


def test_a_file_and_the_folder_one_is_in_are_refused(quick, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("mine")
    with pytest.raises(LabError, match="is no folder"):
        export.export(ROOT, tmp_path / "file")
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    with pytest.raises(LabError, match="the folder you are in"):
        export.export(ROOT, Path("."))
    with pytest.raises(LabError, match=r"Cannot write in .*choose another folder"):
        export.export(ROOT, tmp_path / "file" / "pages")


@pytest.mark.parametrize("where", ["pathlib.Path.rename", "mirrorlab.machine.files.write"])
@pytest.mark.parametrize("after", [0, 1])
def test_stopped_by_ctrl_c_it_leaves_what_was_there(quick, tmp_path, monkeypatch, where, after):
    folder = tmp_path / "pages"
    export.export(ROOT, folder)
    before, calls = files(folder), []
    owner = Path if "Path" in where else export.files
    really = getattr(owner, where.rpartition(".")[2])

    def stopped(*args):
        calls.append(args)
        if len(calls) == after + 1:
            raise KeyboardInterrupt
        return really(*args)

    monkeypatch.setattr(where, stopped)
    with pytest.raises(KeyboardInterrupt):
        export.export(ROOT, folder)
    monkeypatch.undo()
    assert files(folder) == before
    assert list(tmp_path.iterdir()) == [folder]
