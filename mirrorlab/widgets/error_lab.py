"""Break memory and see what dies: an uncorrectable error in any page, found in any way; and the chance to survive."""

import random
from functools import partial
from typing import Any

import ipywidgets

from mirrorlab.machine import Machine, holders
from mirrorlab.questions.memory_errors import FOUND, FOUND_IN_WORDS, KINDS, OUTCOMES, Errors, Hit, cases, kind_of, table
from mirrorlab.story.events import Words
from mirrorlab.story.recording import Recording
from mirrorlab.widgets import base, error_map, error_odds, error_svg, pagemap
from mirrorlab.widgets.window import Window
from mirrorlab.words import count

WIDTH = 32  # pages in a row of the window
CHANCE = "by chance"
ONE, MANY = "break pages", "chance to survive"
LAST_HITS = 8
MOST_ERRORS = 10_000  # in a storm
STOPPED = "The machine has stopped with a panic. Press Start again: a machine without errors, as after a new boot."


class ErrorLab(Window):
    """Uncorrectable errors in the memory of a machine: what each does, by kind of page and by how it is found.

    `errors` keeps the books. The machine's allocator is left alone: Linux 4.1's knows nothing of bad pages.
    """

    stem = "error_lab"
    svg = error_svg.of_view
    label = "Memory errors in a machine"
    welcome = "Choose how the error is found, and click a page to break it."

    def __init__(self, machine: Machine, errors: Errors | None = None, *, seed: int = 0) -> None:
        """errors: books to keep them in; None: the machine's, for all its views. seed: where chance starts."""
        self.machine = machine
        self.errors = errors or Errors.of(machine)
        self.story = Recording.of(machine)
        self.chance = random.Random(seed)
        self.simulated: error_odds.Odds | None = None
        self._ground: error_map.Layers | None = None  # what the pages are without errors
        self.zone, self.pages = machine.zones[-1], 8 * WIDTH
        owned = [pfn for pfn in machine.owners if pfn >= self.zone.zone_start_pfn]  # worth seeing first
        self.first = self.window_at(min(owned, default=self.zone.zone_start_pfn))
        super().__init__(self._controls(seed))
        self.follow(self.story.watchers, self._machine_changed)

    def _controls(self, seed: int) -> list[ipywidgets.Widget]:
        self.part = ipywidgets.RadioButtons(options=[ONE, MANY], description="part", orientation="horizontal")
        self.one = ipywidgets.VBox(self._controls_to_break(seed), layout={"overflow": "visible"})
        self.many = ipywidgets.VBox([self._controls_of_odds(seed)], layout={"overflow": "visible", "display": "none"})
        self.part.observe(self._show_part, "value")
        return [self.part, self.one, self.many]

    def _controls_to_break(self, seed: int) -> list[ipywidgets.Widget]:
        self.found = base.choice(
            "the error is", [(FOUND_IN_WORDS[f], f) for f in FOUND] + [("found by chance", CHANCE)]
        )
        self.found.value = "scrubber"
        self.kind = base.choice("kind of page", self._kinds(), "kernel")
        self.seed = base.number("seed", seed)
        self.page = base.number("page", 0)
        self.count = base.number("errors", 20, 1, MOST_ERRORS)
        self.seed.observe(lambda change: self.chance.seed(change["new"]), "value")
        return [
            base.row(
                *(self.found, self.kind),
                self.button("Break one", self.break_some, "An error in a page of this kind, chosen by chance"),
            ),
            base.row(
                *(self.page, self.choice_of_zone("of zone")),
                self.button("Break this page", self._break_typed, "An error in the page with this number"),
            ),
            base.row(
                *(self.count, self.seed),
                self.button("Storm", self.storm, "Errors in pages chosen by chance: the same seed, the same pages"),
                self.button("Start again", self.start_again, "A machine without errors"),
            ),
        ]

    def _controls_of_odds(self, seed: int) -> ipywidgets.Widget:
        fraction = partial(ipywidgets.BoundedFloatText, min=0, **base.FITTED)
        self.bad = fraction(10, description="bad pages expected", max=error_odds.MOST_BAD, step=1)
        self.read = fraction(1, description="share the kernel reads", max=1, step=0.1)
        self.trial_seed = base.number("seed", seed)
        for control in (self.bad, self.read, self.trial_seed):
            control.observe(self.changed, "value")
        return base.row(
            *(self.bad, self.read, self.trial_seed),
            self.button("Simulate", self.simulate, f"Live through it {error_odds.TRIALS:,} times for each line"),
        )

    def _kinds(self) -> list[tuple[str, str]]:
        return [(f"{kind}: {count(self.ground().count(kind), 'page')}", kind) for kind in KINDS]

    def _show_part(self, _: Any) -> None:
        self.one.layout.display = None if self.part.value == ONE else "none"
        self.many.layout.display = None if self.part.value == MANY else "none"
        self.changed()

    # -- What can be done -------------------------------------------------------------------------------------------

    def break_page(self, pfn: int, found: str | None = None) -> Hit:
        """An uncorrectable error in this page. found: one of errors.FOUND; None: as the control says.

        Raises ValueError when there is no such page, when it cannot be found that way, or after a panic.
        """
        if not self.layers().cells(pfn, 1)[0]:
            raise ValueError(f"There is no memory at {holders.place(self.machine, pfn)}: choose a page with a letter")
        found = found or self.found.value
        if found == CHANCE:
            kind = kind_of(self.machine, pfn)
            found = self.chance.choice([way for way in FOUND if cases()[kind, way].outcome != "impossible"])
        hit = self.errors.hit(pfn, found)
        self.look_at(pfn)
        self.say(self._headline(hit) + (" Press Start again." if self.errors.panicked else ""))
        self._tell_all()
        return hit

    def break_some(self, kind: str | None = None, found: str | None = None) -> Hit:
        """The same in a page of a kind, one of errors.KINDS, chosen by chance. Raises ValueError as break_page()."""
        return self.break_page(self.errors.some_page(kind or self.kind.value, self.chance), found)

    def storm(self, errors: int | None = None, seed: int | None = None, found: str | None = None) -> list[Hit]:
        """So many errors in pages chosen by chance; a panic ends it. None: as the controls say.

        Raises ValueError after a panic.
        """
        if self.errors.panicked:
            raise ValueError(STOPPED)
        found = found or self.found.value
        hits = self.errors.storm(
            self.count.value if errors is None else errors,
            self.seed.value if seed is None else seed,
            "any" if found == CHANCE else found,
        )
        if hits:
            self.look_at(hits[-1].pfn)
        self.say(f"Storm: {self.errors.text()}")
        self._tell_all()
        return hits

    def start_again(self) -> None:
        """As if no error had happened; chance starts from the seed again."""
        self.errors.clear()
        self.chance.seed(self.seed.value)
        self.say("No error any more. The machine runs.")
        self._tell_all()

    def simulate(self) -> error_odds.Odds:
        """Live through many errors, with the numbers of the controls."""
        self.simulated = error_odds.odds(self.machine, self._asked())
        agree = sum(line.verdict == "agrees" for line in self.simulated.lines)
        self.say(f"Simulated: the formula agrees in {agree} of {len(self.simulated.lines)} lines.")
        self.changed()
        return self.simulated

    def _break_typed(self) -> None:
        zone = self.zone_choice.value
        pfn = zone.zone_start_pfn + self.page.value
        if self.machine.kernel.mmzone.page_zone(self.machine.g, pfn) is not zone:
            raise ValueError(
                f"There is no page +{self.page.value} in zone {zone.name}: its last is +{zone.spanned_pages - 1}, "
                "and there may be holes before that"
            )
        self.break_page(pfn)

    def _tell_all(self) -> None:
        """Draw anew, in this view and in others of the machine: they may share the books."""
        self.changed()
        for watcher in list(self.story.watchers):
            if watcher != self._machine_changed:
                watcher()

    def _machine_changed(self) -> None:
        self._ground = None
        self.changed()

    def do_break(self, pfn: int) -> None:
        """An error in this page."""
        self.break_page(pfn)

    def look_at(self, pfn: int) -> None:
        before = self.first
        super().look_at(pfn)
        if before <= pfn < before + self.pages:
            self.first = before  # it is in sight: nothing need move

    # -- What is shown ----------------------------------------------------------------------------------------------

    @property
    def last(self) -> Hit | None:
        """The error that came last."""
        return self.errors.hits[-1] if self.errors.hits else None

    def ground(self) -> error_map.Layers:
        """What the pages are, errors aside."""
        if self._ground is None:
            self._ground = error_map.layers(self.machine)
        return self._ground

    def layers(self) -> error_map.Layers:
        """What the pages are now, and what errors have done to them."""
        return self.ground().after(self.errors)

    def sections(self, limit: int = pagemap.LIMIT) -> tuple[int, list[pagemap.Section]]:
        """How coarse a map of the machine with so many cells at most is, and where each stretch of memory is in it."""
        return error_map.sections(self.machine, self.ground(), limit)

    def cells(self, limit: int = pagemap.LIMIT) -> bytes:
        """The map, of so many cells at most."""
        there = self.layers()
        shift, places = self.sections(limit)
        return b"".join(there.cells(place.start, place.cells, shift) for place in places)

    def window(self) -> bytes:
        """The pages that are shown one by one."""
        return self.layers().cells(self.first, self.pages)

    def odds(self) -> error_odds.Odds:
        """The answers by formula, and by simulation if this question was simulated."""
        odds = error_odds.odds(self.machine, self._asked(), simulate=False)
        return self.simulated if self.simulated is not None and self.simulated.answers(odds) else odds

    def _asked(self) -> error_odds.Question:
        return error_odds.Question(self.bad.value, self.read.value, self.trial_seed.value)

    def draw(self) -> None:
        super().draw()
        if self.kind.options != (kinds := tuple(self._kinds())):
            with self.kind.hold_trait_notifications():
                chosen = self.kind.value
                self.kind.options = kinds
                self.kind.value = chosen

    def window_title(self) -> str:
        """Which pages are shown one by one."""
        zone = self.zone
        name = Words(self.machine).zone(zone.node, zone.idx)
        return f"{count(self.pages, 'page')} from +{self.first - zone.zone_start_pfn} of zone {name}"

    def picture(self) -> dict[str, Any]:
        machine, hits = self.machine, self.errors
        return {
            **self.maps(),
            "part": "one" if self.part.value == ONE else "many",
            "headline": machine.headline(),
            "mirror": holders.mirror_in_words(machine),
            "state": STOPPED if hits.panicked else "The machine runs.",
            "panicked": hits.panicked,
            "corrupted": f"HardwareCorrupted: {hits.hardware_corrupted} kB",
            "tally": [[OUTCOMES[outcome], number] for outcome, number in hits.tally().items()],
            "zones": [f"Node {zone.node}, zone {zone.name}" for zone in machine.zones],
            "window": self._window(),
            "hit": self._hit(),
            "history": [self._headline(hit) for hit in reversed(hits.hits[-LAST_HITS:])],
            "table": self._table(),
            "odds": self._odds() if self.part.value == MANY else None,
        }

    def _window(self) -> dict[str, Any]:
        cells = self.window()
        return {
            "first": self.first,
            "pages": self.pages,
            "width": WIDTH,
            "title": self.window_title(),
            "cells": list(cells),
            "words": [error_map.describe(self.machine, self.first + at, code) for at, code in enumerate(cells)],
        }

    def _hit(self) -> dict[str, Any] | None:
        hit = self.last
        if hit is None:
            return None
        return {
            "pfn": hit.pfn,
            "headline": self._headline(hit),
            "text": "The page is known to be bad." if hit.again else hit.case.text,
            "outcome": hit.outcome,
            "evidence": hit.case.evidence,
            "known": hit.case.known_by,
            "log": hit.log,
        }

    def _headline(self, hit: Hit) -> str:
        where = hit.where[0].upper() + hit.where[1:]
        if hit.again:
            return f"{where} again: it is known to be bad."
        return f"{where} ({hit.case.kind}{hit.who}), {FOUND_IN_WORDS[hit.case.found]}: {OUTCOMES[hit.outcome]}."

    def _table(self) -> dict[str, Any]:
        """Kind of page by how it is found, with the pair just used."""
        hit = self.last
        ways = {kind: [cases()[kind, found] for found in FOUND] for kind in KINDS}
        rows = [[kind, [[OUTCOMES[case.outcome], case.evidence] for case in ways[kind]]] for kind in KINDS]
        used = [KINDS.index(hit.case.kind), FOUND.index(hit.case.found)] if hit else None
        known = sorted({(case.evidence, case.known_by) for case in cases().values()})
        return {"head": [FOUND_IN_WORDS[found] for found in FOUND], "rows": rows, "used": used, "known": known}

    def _odds(self) -> dict[str, Any]:
        odds = self.odds()
        lines = [
            [line.cells(), line.formula, [line.found.share, *line.found.interval] if line.found else None]
            for line in odds.lines
        ]
        sentences = odds.sentences()
        if not holders.hardware_mirror(self.machine.g).starts:
            sentences.append("No memory of this machine is mirrored: with the mirror and without are the same.")
        return {"sentences": sentences, "head": error_odds.HEAD, "lines": lines}

    def lines(self) -> list[str]:
        machine, hit = self.machine, self.last
        lines = [machine.headline(), holders.mirror_in_words(machine)]
        lines.append("Pages: " + ", ".join(name for name, _ in self._kinds()) + ".")
        lines += [self.errors.text(), *([STOPPED] if self.errors.panicked else [])]
        if hit is not None:
            lines += ["The last error:", *(f"  {line}" for line in str(hit).splitlines())]
        if self.part.value == ONE:
            return [*lines, "What an error does:", *(f"  {line}" for line in table().splitlines())]
        return [*lines, *self._odds()["sentences"][2:], *self.odds().text()]
