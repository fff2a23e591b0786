"""The course as web pages for reading: home, lessons and exercises, with links that lead from page to page."""

import html
import json
import os
import posixpath
import re
import secrets
import shutil
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from mirrorlab.commands import server
from mirrorlab.commands.lab import SUBFOLDERS, LabError, writing_in
from mirrorlab.course import notebook
from mirrorlab.course.learner import home
from mirrorlab.course.notebook import Notebook
from mirrorlab.course.outline import HOME
from mirrorlab.machine import files

MARK = ".mirrorlab-export"  # in an export: the names of all its files
PICTURE = "image/svg+xml"
HREF = re.compile(r'(?<=<a )((?:[^>]*\s)?)href="([^"]*)"')
INDEX = "index.html"

STYLE = """\
:root { color-scheme: light dark; --ground: #fff; --ink: #1c1f26; --soft: #f6f7f9; --line: #d5d9e0; --accent: #3546c4 }
@media (prefers-color-scheme: dark) {
  :root { --ground: #111; --ink: #eef0f4; --soft: #1b1e24; --line: #343a45; --accent: #a9b4ff }
}
body { max-width: 50rem; margin: 2rem auto; padding: 0 1rem; font: 16px/1.5 system-ui, sans-serif;
  color: var(--ink); background: var(--ground) }
a { color: var(--accent) } .anchor-link { visibility: hidden } .prompt { display: none }
pre { overflow-x: auto; font-size: 14px; line-height: 1.4 }
.input_area, .output pre { padding: .5rem .8rem; border: 1px solid var(--line); border-radius: 8px }
.input_area { background: var(--soft) } .input_area pre { margin: 0 }
.output { overflow-x: auto; margin: .5rem 0 1.5rem }
table { border-collapse: collapse } th, td { padding: .1rem .6rem; border: 1px solid var(--line); text-align: left }
svg { max-width: 100%; height: auto } .highlight .k, .highlight .kn, .highlight .ow { font-weight: bold }
.highlight .c1 { font-style: italic }
"""
PAGE = """\
<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title><style>{style}</style></head>
<body><main>
{body}
</main></body></html>
"""


def export(course: Path, folder: Path) -> int:
    """Write the pages into a folder that is new, empty or an export; returns how many there are.

    They are made beside it and put in its place when all are there: who stops it finds what was there before.
    Raises LabError.
    """
    folder = Path(os.path.realpath(folder))
    refuse_what_is_no_export(folder)
    part = folder.with_name(f".{folder.name}-{secrets.token_hex(4)}.part")
    try:
        with writing_in(folder, "choose another folder"):
            pages = _write(course, part)
            _put_in_place(part, folder)
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return len(pages)


def refuse_what_is_no_export(folder: Path) -> None:
    """Raises LabError for a folder with anything in it that an export has not written: it would be lost."""
    name = files.name(folder)
    if folder.exists() and not folder.is_dir():
        raise LabError(f"{name} is no folder: choose another name.")
    if folder == Path.cwd():
        raise LabError(f"{name} is the folder you are in: choose one that can be replaced, for example pages.")
    there = sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_symlink() or path.is_file())
    if not there:
        return
    try:
        listed = files.read(folder / MARK).decode().splitlines()
    except ValueError:
        raise LabError(f"{name} is not empty and no export: choose another folder.") from None
    foreign = next((path for path in there if path not in (*listed, MARK)), None)
    if foreign:
        raise LabError(f"{foreign} in {name} is not from an export: move it elsewhere, or choose another folder.")


def _put_in_place(part: Path, folder: Path) -> None:
    before = part.with_suffix(".before")
    try:
        if folder.exists():
            folder.rename(before)
        part.rename(folder)
    finally:
        if not folder.exists() and before.exists():
            before.rename(folder)
        shutil.rmtree(before, ignore_errors=True)


def _write(course: Path, part: Path) -> list[str]:
    """All files of an export; returns the names of its pages."""
    convert = _converter()
    sources = [path for subfolder in SUBFOLDERS for path in sorted((course / subfolder).glob("*.ipynb"))]
    pages = [f"{path.parent.name}/{path.stem}.html" for path in sources]
    for path, page in zip(sources, pages, strict=True):
        found = notebook.read(path)
        if str(path.relative_to(course)) == HOME:
            found = home.filled(found)
        body = with_links(convert(_plain(found)), page, pages).replace("<pre>", '<pre tabindex="0">')  # may scroll
        files.write(part / page, PAGE.format(title=html.escape(_title(found)), style=STYLE, body=body))
    first = HOME.replace(".ipynb", ".html")
    moved = f'<meta http-equiv="refresh" content="0; url={first}"><a href="{first}">The course</a>'
    files.write(part / INDEX, PAGE.format(title="The course", style=STYLE, body=moved))
    files.write(part / MARK, "\n".join([INDEX, *pages]) + "\n")
    return pages


def _converter() -> Callable[[Notebook], str]:
    """What makes HTML of a notebook. Raises LabError where the package for it is missing."""
    server.leave_out_what_is_slow()
    try:
        import nbformat
        from nbconvert import HTMLExporter
    except ImportError:
        raise LabError("nbconvert is not installed here: run 'python3 start.py' in mirrorlab's source.") from None
    exporter = HTMLExporter(template_name="basic")  # no scripts, and nothing that is fetched from elsewhere
    return lambda found: str(exporter.from_notebook_node(nbformat.reads(json.dumps(found), as_version=4))[0])


def _plain(found: Notebook) -> Notebook:
    """A notebook without what needs a kernel, and without the code that is folded."""
    cells = []
    for cell in found["cells"]:
        if cell["cell_type"] == "code":
            hidden = cell["metadata"].get("jupyter", {}).get("source_hidden")
            metadata = {"transient": {"remove_source": True}} if hidden else cell["metadata"]
            cell = {**cell, "metadata": metadata, "outputs": list(map(_still, cell["outputs"]))}
        cells.append(cell)
    return {**found, "cells": cells, "metadata": {"language_info": found["metadata"]["language_info"]}}


def _still(output: dict[str, Any]) -> dict[str, Any]:
    """An output as it is without a kernel: of a view its picture, in the page itself, so that it keeps its links."""
    data = output.get("data", {})
    if PICTURE in data:
        return {**output, "data": {"text/html": data[PICTURE]}}
    return output


def _title(found: Notebook) -> str:
    titles = re.findall("^# (.*)", "\n".join("".join(cell["source"]) for cell in found["cells"]), re.MULTILINE)
    return titles[0] if found["cells"][0]["cell_type"] == "markdown" and titles else "The course"


def with_links(body: str, page: str, pages: Collection[str]) -> str:
    """A page whose links to notebooks lead to their pages; those to what is not exported are links no more."""

    def rewritten(found: re.Match[str]) -> str:
        href = html.unescape(found[2])
        parts = urlsplit(href)
        if parts.scheme or parts.netloc or not parts.path:
            return found[0]
        there = posixpath.normpath(posixpath.join(posixpath.dirname(page), parts.path))
        if re.sub(r"\.ipynb$", ".html", there) not in pages:
            return found[1]
        return f'{found[1]}href="{html.escape(re.sub(r"[.]ipynb(?=$|#)", ".html", href))}"'

    return HREF.sub(rewritten, body)
