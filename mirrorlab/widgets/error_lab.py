"""Break memory and see what dies: an uncorrectable error in any page, found in any way; and the chance to survive."""

import random
from typing import Any

from mirrorlab.machine import Machine, holders
from mirrorlab.questions.memory_errors import FOUND, FOUND_IN_WORDS, KINDS, OUTCOMES, Errors, Hit, cases, kind_of, table
from mirrorlab.story.events import Words
from mirrorlab.story.recording import Recording
from mirrorlab.widgets import base, error_map, error_odds, error_svg, pagemap
from mirrorlab.widgets.window import Window
from mirrorlab.words import count

WIDTH, PAGES = 32, 128  # of the window: in a row, in all
OVERVIEW = 900  # cells of the picture of all memory
CHANCE = "by chance"
ONE, MANY = "break pages", "chance to survive"
LAST_HITS, MOST_MARKS = 8, 40
MOST_ERRORS = 10_000  # in a storm
HINT = "Choose how the error is found, and click a page: it breaks."
STOPPED = "The machine has stopped with a panic. Press Start again: it is as after a new boot."


class ErrorLab(Window):
    """Uncorrectable errors in the memory of a machine: what each does, by kind of page and by how it is found.

    `errors` keeps the books. The machine's allocator is left alone: Linux 4.1's knows nothing of bad pages.
    """

    stem = "error_lab"
    shares = base.CARD
    svg = error_svg.of_view
    label = "Memory errors in a machine"

    def __init__(self, machine: Machine, errors: Errors | None = None, *, seed: int = 0) -> None:
        """errors: books to keep them in; None: the machine's, for all its views. seed: where chance starts."""
        self.machine = machine
        self.errors = errors or Errors.of(machine)
        self.story = Recording.of(machine)
        self.seed, self.chance = seed, random.Random(seed)
        self.part, self.found, self.kind, self.count = ONE, "scrubber", "kernel", 20  # as the controls say
        self.asked = error_odds.Question(10.0, 1.0, seed)
        self.simulated: error_odds.Odds | None = None
        self.says = {ONE: HINT, MANY: ""}  # of each part: one part's sentence never stands in the other
        self._ground: error_map.Layers | None = None  # what the pages are without errors
        self.zone, self.pages = machine.zones[-1], PAGES
        owned = [pfn for pfn in machine.owners if pfn >= self.zone.zone_start_pfn]  # worth seeing first
        self.first = self.window_at(min(owned, default=self.zone.zone_start_pfn))
        super().__init__()
        self.follow(self.story.watchers, self._machine_changed)

    # -- What can be done -------------------------------------------------------------------------------------------

    def break_page(self, pfn: int, found: str | None = None) -> Hit:
        """An uncorrectable error in this page. found: one of errors.FOUND; None: as the control says.

        Raises ValueError when there is no such page, when it cannot be found that way, or after a panic.
        """
        if not self.layers().cells(pfn, 1)[0]:
            raise ValueError(f"There is no memory at {holders.place(self.machine, pfn)}: choose a page with a letter")
        found = found or self.found
        if found == CHANCE:
            kind = kind_of(self.machine, pfn)
            found = self.chance.choice([way for way in FOUND if cases()[kind, way].outcome != "impossible"])
        hit = self.errors.hit(pfn, found)
        self.look_at(pfn)
        self.say(self._headline(hit))
        self._tell_all()
        return hit

    def break_some(self, kind: str | None = None, found: str | None = None) -> Hit:
        """The same in a page of a kind, one of errors.KINDS, chosen by chance. Raises ValueError as break_page()."""
        return self.break_page(self.errors.some_page(kind or self.kind, self.chance), found)

    def storm(self, errors: int | None = None, seed: int | None = None, found: str | None = None) -> list[Hit]:
        """So many errors in pages chosen by chance; a panic ends it. None: as the controls say.

        Raises ValueError after a panic.
        """
        if self.errors.panicked:
            raise ValueError(STOPPED)
        found = found or self.found
        hits = self.errors.storm(
            min(self.count if errors is None else errors, MOST_ERRORS),
            self.seed if seed is None else seed,
            "any" if found == CHANCE else found,
        )
        if hits:
            self.look_at(hits[-1].pfn)
        self.say(f"Storm: {self.errors.in_short()}.")
        self._tell_all()
        return hits

    def start_again(self) -> None:
        """As if no error had happened; chance starts from the seed again."""
        self.errors.clear()
        self.chance.seed(self.seed)
        self.say(HINT)
        self._tell_all()

    def simulate(self) -> error_odds.Odds:
        """Live through many errors, with the numbers of the controls."""
        self.simulated = error_odds.odds(self.machine, self.asked)
        agree = sum(line.verdict == "agrees" for line in self.simulated.lines)
        self.says[MANY] = f"Simulated: the formula agrees in {agree} of {len(self.simulated.lines)} lines. See Details."
        self.changed()
        return self.simulated

    def say(self, sentence: str) -> None:
        """Show a sentence in the part that is seen, and have it spoken."""
        self.says[self.part] = sentence
        self.changed()

    def _tell_all(self) -> None:
        """Draw anew, in this view and in others of the machine: they may share the books."""
        self.changed()
        for watcher in list(self.story.watchers):
            if watcher != self._machine_changed:
                watcher()

    def _machine_changed(self) -> None:
        self._ground = None
        self.changed()

    def look_at(self, pfn: int) -> None:
        before = self.first
        super().look_at(pfn)
        if before <= pfn < before + self.pages:
            self.first = before  # it is in sight: nothing need move

    # -- What the drawing asks: with what its controls say ------------------------------------------------------------

    def do_show(self, part: str) -> None:
        """Go to a part."""
        self.part = MANY if part == MANY else ONE
        self.changed()

    def do_break(self, pfn: int, found: str) -> None:
        """An error in this page."""
        self.found = found
        self.break_page(pfn)

    def do_break_some(self, kind: str, found: str) -> None:
        """An error in a page of a kind."""
        self.kind, self.found = kind, found
        self.break_some()

    def do_storm(self, count: int, seed: int, found: str) -> None:
        """Many errors."""
        self.count, self.seed, self.found = count, seed, found
        self.storm()

    def do_start_again(self, seed: int) -> None:
        """No errors."""
        self.seed = seed
        self.start_again()

    def do_go(self, zone: int, page: int) -> None:
        """Show the pages around one, counted from its zone's start."""
        there = self.machine.zones[zone]
        if self.machine.kernel.mmzone.page_zone(self.machine.g, there.zone_start_pfn + page) is not there:
            raise ValueError(
                f"There is no page +{page} in zone {there.name}: its last is +{there.spanned_pages - 1}, "
                "and there may be holes before that"
            )
        self.do_look(zone, there.zone_start_pfn + page)

    def do_ask(self, bad: float, read: float, seed: int) -> None:
        """Ask for other chances, by formula."""
        if not (0 <= bad <= error_odds.MOST_BAD and 0 <= read <= 1):
            raise ValueError(f"Bad pages lie between 0 and {error_odds.MOST_BAD:g}, what the kernel reads in 0 to 100%")
        self.asked = error_odds.Question(bad, read, seed)
        self.says[MANY] = ""
        self.changed()

    def do_simulate(self, bad: float, read: float, seed: int) -> None:
        """Ask, and live through it."""
        self.do_ask(bad, read, seed)
        self.simulate()

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

    def sections(self) -> tuple[int, list[pagemap.Section]]:
        """How coarse the picture of all memory is, and where each stretch of memory is in it."""
        return error_map.sections(self.machine, self.ground(), OVERVIEW)

    def overview(self) -> bytes:
        """The picture of all memory: a cell for 2**shift pages, what is most worth seeing among them."""
        there = self.layers()
        shift, places = self.sections()
        return b"".join(there.cells(place.start, place.cells, shift) for place in places)

    def window(self) -> bytes:
        """The pages that are shown one by one."""
        return self.layers().cells(self.first, self.pages)

    def odds(self) -> error_odds.Odds:
        """The answers by formula, and by simulation if this question was simulated."""
        odds = error_odds.odds(self.machine, self.asked, simulate=False)
        return self.simulated if self.simulated is not None and self.simulated.answers(odds) else odds

    def window_title(self) -> str:
        """Which pages are shown one by one."""
        zone = self.zone
        name = Words(self.machine).zone(zone.node, zone.idx)
        return f"{count(self.pages, 'page')} from +{self.first - zone.zone_start_pfn} of zone {name}"

    def picture(self) -> dict[str, Any]:
        hits, part = self.errors, self.part
        return {
            "machine": self.machine.headline(),
            "parts": [ONE, MANY],
            "part": part,
            "says": self.says[part],
            "panicked": hits.panicked,
            "found": [*((found, FOUND_IN_WORDS[found]) for found in FOUND), (CHANCE, "found by chance")],
            "kinds": [(kind, self.ground().count(kind)) for kind in KINDS],
            "chosen": {"found": self.found, "kind": self.kind, "count": self.count, "seed": self.seed},
            "zones": [holders.zone_name(self.machine, zone.node, zone.name) for zone in self.machine.zones],
            "zone": self.machine.zones.index(self.zone),
            "memory": self._memory(),
            "marks": self._marks(),
            "window": self._window(),
            "hit": self._hit(),
            "corrupted": f"HardwareCorrupted: {hits.hardware_corrupted} kB",
            "tally": [[OUTCOMES[outcome], number] for outcome, number in hits.tally().items()],
            "history": [self._headline(hit) for hit in reversed(hits.hits[-LAST_HITS:])],
            "table": self._table(),
            "odds": self._odds() if part == MANY else None,
        }

    def _memory(self) -> list[dict[str, Any]]:
        """All memory, a stretch a line: what lies where, in runs of (first page, pages, code) from its first page."""
        shift, places = self.sections()
        cells, zones = self.overview(), self.machine.zones
        return [
            {
                "zone": zones.index(place.zone),
                "start": place.start,
                "pages": place.cells << shift,
                "runs": [
                    (at << shift, number << shift, code)
                    for at, number, code in pagemap.runs(cells[place.at : place.at + place.cells])
                ],
            }
            for place in places
        ]

    def _marks(self) -> list[tuple[int, str]]:
        """Where errors have left something, the last one first: (page, its name)."""
        left = [*reversed(self.errors.hits)]
        pages = dict.fromkeys(hit.pfn for hit in left)
        return [(pfn, holders.place(self.machine, pfn)) for pfn in list(pages)[:MOST_MARKS]]

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
        own = odds.fatal["nothing mirrored"].fatal.pages()
        chances = {line.case: line.formula for line in odds.lines}
        return {
            "asked": odds.asked._asdict(),
            "sentences": odds.sentences(),
            "cases": [
                (case, memory.pages, memory.fatal.pages(), own - memory.fatal.pages(), chances[case])
                for case, memory in odds.fatal.items()
            ],
            "head": error_odds.HEAD,
            "lines": [line.cells() for line in odds.lines],
        }

    def lines(self) -> list[str]:
        machine, hit = self.machine, self.last
        lines = [machine.headline(), holders.mirror_in_words(machine)]
        kinds = (f"{kind}: {count(self.ground().count(kind), 'page')}" for kind in KINDS)
        lines.append(f"Pages: {', '.join(kinds)}.")
        lines += [self.errors.text(), *([STOPPED] if self.errors.panicked else [])]
        if hit is not None:
            lines += ["The last error:", *(f"  {line}" for line in str(hit).splitlines())]
        if self.part == ONE:
            return [*lines, "What an error does:", *(f"  {line}" for line in table().splitlines())]
        return [*lines, *self.odds().text()]
