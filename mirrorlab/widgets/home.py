"""The course home: one button that says where to go on, and all lessons as cards on a path."""

import textwrap
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from html import escape
from typing import Any

from mirrorlab.widgets import base, svg
from mirrorlab.words import count, table

COLUMNS, GAP, HIGH = 6, 10, 104  # of the cards in the static picture
LETTERS = 15  # of a title that fit in a card's width
COMING = ("to come", "planned")  # states of lessons that cannot be opened


class Home(base.View):
    """The chapters of a course, their lessons with state, minutes and exercises, and the lesson to go on with.

    It gets plain data: {on: the next step or None, chapters: [{name, lessons: [...]}]}.
    """

    stem = "home"
    shares = base.CARD
    label = "The course"

    def __init__(self, read: Callable[[], dict[str, Any]]) -> None:
        """read: gives the data, as it is now."""
        self.read = read
        super().__init__()

    def do_look(self) -> None:
        """The page is in sight again: what was done meanwhile counts."""
        self.changed()

    def picture(self) -> dict[str, Any]:
        return self.read()

    def lines(self) -> list[str]:
        """The twin in words: where to go on, then the chapters."""
        picture = self.picture()
        on = picture["on"]
        lines = [_heading(on)] + ([on["sentence"]] if on else [])
        for chapter in picture["chapters"]:
            lines += ["", f"{chapter['name']}: {_done(chapter)}"]
            lines += table([_row(lesson) for lesson in chapter["lessons"]], "<<<>", indent=2)
        return lines

    def svg(self) -> str:
        """The same, as a picture with links."""
        picture = self.picture()
        page, on = svg.Page(), picture["on"]
        if on:
            with _linked(page, on["href"], ' text-decoration="underline"'):
                page.write(f"{on['verb']}: {_heading(on)}", "strong")
            page.write(on["sentence"])
        else:
            page.write(_heading(on), "strong")
        for chapter in picture["chapters"]:
            page.y += svg.LINE
            page.write(f"{chapter['name']}: {_done(chapter)}", "strong", step=8)
            for first in range(0, len(chapter["lessons"]), COLUMNS):
                for column, lesson in enumerate(chapter["lessons"][first : first + COLUMNS]):
                    with _linked(page, lesson["href"]):
                        _card(page, column, lesson)
                page.y += HIGH + GAP
        return page.picture(self.label, "\n".join(self.lines()), links=True)


def _heading(on: dict[str, Any] | None) -> str:
    return f"{on['number']} · {on['title']}" if on else "You have done all the lessons that there are."


def _done(chapter: dict[str, Any]) -> str:
    done = [lesson["state"] for lesson in chapter["lessons"]].count("done")
    return f"{done} of {len(chapter['lessons'])} done"


def _row(lesson: dict[str, Any]) -> tuple[str, ...]:
    minutes = f"{lesson['minutes']} min" if lesson["minutes"] else ""
    solved = lesson["exercises"]
    exercises = f"{sum(solved)} of {count(len(solved), 'exercise')}" if solved else ""
    return lesson["number"], lesson["title"], lesson["state"], minutes, exercises


@contextmanager
def _linked(page: svg.Page, href: str, more: str = "") -> Iterator[None]:
    """What is drawn inside is a link, where there is somewhere to go."""
    page.parts.append(f'<a href="{escape(href)}"{more}>' if href else "")
    yield
    page.parts.append("</a>" if href else "")


def _card(page: svg.Page, column: int, lesson: dict[str, Any]) -> None:
    wide = (svg.INNER - (COLUMNS - 1) * GAP) / COLUMNS
    left, top = svg.MARGIN + column * (wide + GAP), page.y
    if lesson["state"] not in COMING:
        page.box(left, top, wide, HIGH, "frame")
    page.label(left + 8, top + svg.LINE, lesson["number"], "strong")
    page.label(left + wide - 8, top + svg.LINE, "" if lesson["state"] == "new" else lesson["state"], "", "end")
    for number, line in enumerate(textwrap.wrap(lesson["title"], LETTERS), 2):
        page.label(left + 8, top + number * svg.LINE, line)
    bottom = top + HIGH - 9
    if lesson["minutes"]:
        page.label(left + 8, bottom, f"{lesson['minutes']} min")
    for number, solved in enumerate(reversed(lesson["exercises"]), 1):
        page.box(left + wide - 5 - number * 12, bottom - 9, 9, 9, "a0" if solved else "frame")
