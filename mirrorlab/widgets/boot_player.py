"""A machine that boots, stage by stage: its memory from left to right, and a row for each thing the kernel has by then.

The stages seen so far are in the browser: going through them needs no kernel. Python hears where the learner is, and
tells a stage when it is gone to: until then, nothing that a question may ask about it is in the page.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from mirrorlab.machine import Machine, firmware
from mirrorlab.machine.boot import Source, Stage, stages
from mirrorlab.widgets import base, boot_map, boot_svg, boot_tables, boot_words
from mirrorlab.widgets.boot_map import Lane, Piece, Range
from mirrorlab.widgets.boot_tables import Table
from mirrorlab.widgets.stage import Task
from mirrorlab.words import count, table

CLOSER = 8  # times closer, or wider
SMALLEST = 16  # pages of the part of memory that is shown, by buttons
SHORT = 9  # letters of an address in bytes that is written above the map; where it has more, its PFN is


class BootPlayer(base.View):
    """A boot to walk through, forth and back. Every stage is kept as a copy of the machine as it was then."""

    stem = "boot_player"
    shares = (*base.CARD, "steps")
    svg = boot_svg.of_player
    label = "A machine boots"

    def __init__(
        self,
        source: Source,
        cmdline: str | None = None,
        stage: str = "map",
        *,
        kernel: Any = None,
        tasks: Sequence[Task] = (),
    ) -> None:
        """source, cmdline, kernel: as for boot(). stage: the name of the one to show first.

        tasks: what to do, one after the other. A task's `what` is a stage's name, reached; or "part", a part of
        memory is shown, `number` being a PFN in it (0: any); or "boot", a machine has booted, `way` being its name.

        Raises BadDescription (a ValueError) as boot() does, and ValueError for a stage that there is not.
        """
        self.kernel, self.tasks = kernel, tuple(tasks)
        self.description, self.stages = booted(source, cmdline, kernel)
        self.position = self.reached = self._position_of(stage)
        self.window: Range | None = None
        self.says = ""  # instead of the stage's caption
        self._lanes: dict[int, list[Lane]] = {}
        self._story: dict[str, Any] = {}  # of the picture, what does not change from stage to stage
        self._presets = {name: firmware.load(name) for name in firmware.presets()}
        self._boots = 1
        super().__init__()
        self.at_end(self.stages.clear, self._lanes.clear)

    # -- What can be done -------------------------------------------------------------------------------------------

    def boot(self, source: Source, cmdline: str | None = None) -> None:
        """Boot a machine and show the same stage of it. What cannot boot raises ValueError and changes nothing."""
        before = self.description
        self.description, self.stages[:] = booted(source, cmdline, self.kernel)
        self._boots += 1
        self._lanes.clear()
        self.reached = self.position
        if self.description != before:
            self.window = None
        self._show_anew()

    def goto(self, stage: str) -> None:
        """Show a stage, by its name."""
        self.do_goto(self._position_of(stage))

    def show(self, first: int | None = None, pages: int = 64) -> None:
        """Show a part of memory only: so many pages from a PFN on. None: all of it."""
        if first is None:
            self.window = None
        elif pages < 1 or not any(start < first + pages and first < end for start, end in self.stretches):
            places = ", and from ".join(boot_map.place(*stretch) for stretch in self.stretches)
            raise ValueError(
                f"there is no memory from PFN {first:#x} on, {count(pages, 'page')}: there is memory from {places}"
            )
        else:
            self.window = first, first + pages
        self._show_anew()

    def say(self, sentence: str) -> None:
        """Show a sentence in the caption's place, and have it spoken."""
        self.says = sentence
        self.changed()

    def _show_anew(self) -> None:
        self._story, self.says = {}, ""
        self.changed()

    @property
    def machine(self) -> Machine:
        """The machine as it was at the stage shown."""
        return self.stage.machine

    @property
    def stage(self) -> Stage:
        """The stage shown."""
        return self.stages[self.position]

    @property
    def stretches(self) -> list[Range]:
        """The memory there is, from large hole to large hole: (first PFN, PFN after the last)."""
        return boot_map.stretches(self.description, self.stages[0].machine)

    def _position_of(self, name: str) -> int:
        names = [stage.name for stage in self.stages]
        if name not in names:
            raise ValueError(f"there is no stage {name!r}: choose one of {', '.join(names)}")
        return names.index(name)

    # -- What the drawing asks --------------------------------------------------------------------------------------

    def do_boot(self, machine: str, cmdline: str) -> None:
        """Boot a machine by its name, with a command line."""
        self.boot(self._machines()[machine], cmdline)
        self.say(f"{self.description.name} has booted.")

    def _machines(self) -> dict[str, firmware.Description]:
        """The machines to choose from: the presets, and the one that has booted."""
        return {**self._presets, self.description.name: self.description}

    def do_goto(self, position: int) -> None:
        """Show a stage, by its number from 0 on."""
        self.position = min(max(position, 0), len(self.stages) - 1)
        self.says = ""
        if self.position > self.reached:
            self.reached, self._story = self.position, {}
        self.changed()

    def do_show(self, first: int | None, pages: int = 64) -> None:
        """Show a part of memory; None: all of it."""
        self.show(first, pages)
        self.say(f"Shown: {boot_map.place(*self.window) if self.window else 'all memory'}.")

    def do_closer(self, pfn: int | None = None) -> None:
        """Show fewer pages: those around a PFN, or around the middle."""
        first, end = self.window or self._stretch_of(pfn)
        pages = max(SMALLEST, 1 << max(0, (end - first) // CLOSER - 1).bit_length())
        middle = (first + end) // 2 if pfn is None else pfn
        if pages < end - first:
            self._show_around(middle, pages)
        else:
            self.say(f"{count(end - first, 'page')} are shown: there is no need to come closer.")

    def do_wider(self) -> None:
        """Show more pages: those around the ones shown."""
        if self.window is None:
            self.say("All memory is shown.")
            return
        first, end = self.window
        start, after = self._stretch_of(first)
        pages = (end - first) * CLOSER
        if (first, end) == (start, after):
            self.do_show(None)
        elif pages >= after - start:
            self.do_show(start, after - start)
        else:
            self._show_around((first + end) // 2, pages)

    def do_move(self, windows: float) -> None:
        """Show the pages before or after those shown."""
        first, end = self.window or self._stretch_of(None)
        self._show_around(int((first + end) / 2 + windows * (end - first)), end - first)

    def _show_around(self, pfn: int, pages: int) -> None:
        """Show `pages` pages around one, within their stretch of memory."""
        start, end = self._stretch_of(self.window[0] if self.window else pfn)
        step = max(1, pages // 4)
        first = max(start, min((pfn - pages // 2) // step * step, end - pages))
        self.do_show(first, min(pages, end - first))

    def _stretch_of(self, pfn: int | None) -> Range:
        """The stretch that a PFN is in; of one that is in none, or of None, the last."""
        inside = [(start, end) for start, end in self.stretches if pfn is not None and start <= pfn < end]
        return (inside or self.stretches)[-1]

    # -- What is shown ----------------------------------------------------------------------------------------------

    def lanes(self, position: int) -> list[Lane]:
        """The lanes of the map at a stage."""
        if position not in self._lanes:
            self._lanes[position] = boot_map.lanes(self.description, self.stages[position])
        return self._lanes[position]

    def shown(self) -> list[Range]:
        """The parts of memory that the map shows."""
        return [self.window] if self.window else self.stretches

    def pieces(self, position: int, lane: Lane, first: int, end: int) -> list[Piece]:
        """What a lane shows of a part of memory. Where the free blocks are few, each is a piece of its own."""
        pieces = boot_map.drawn(lane.pieces, first, end)
        machine = self.stages[position].machine
        blocks = boot_map.blocks_in(machine, first, end) if self.window and lane.name == "pages" else []
        if not blocks:
            return pieces
        rest = [piece for piece in pieces if not piece.name.startswith("free ")]
        return sorted(rest + boot_map.cut(blocks, first, end))

    def key(self, lane: Lane) -> list[tuple[str, str, str]]:
        """What is seen in a lane: (look, letter, name), each once."""
        seen = (piece for part in self.shown() for piece in boot_map.cut(lane.pieces, *part))
        return list(dict.fromkeys(piece[2:5] for piece in seen))

    def tables(self, position: int) -> list[Table]:
        """The tables there are at a stage."""
        if position < 0:
            return []
        stage = self.stages[position]
        blocks = boot_map.blocks_in(stage.machine, *self.window) if self.window else []
        shown = [boot_tables.blocks_shown(blocks)] if blocks else []
        return boot_tables.tables(self.description, stage) + shown

    def log(self, position: int) -> list[str]:
        """What the kernel has printed by the end of a stage."""
        return self.stages[position].machine.g.log if position >= 0 else []

    def picture(self) -> dict[str, Any]:
        if not self._story:
            self._story = self._stages_reached()
        return {**self._story, "position": self.position, "says": self.says}

    def _stages_reached(self) -> dict[str, Any]:
        """The stages up to the last one reached, for the script; places and widths in percent."""
        parts, every = self.shown(), range(self.reached + 1)
        places = boot_map.laid_out(parts)
        lanes = [{lane.name: self._drawn(at, lane) for lane in self.lanes(at)} for at in every]
        to_come = {lane.name: None for lane in self.lanes(len(self.stages) - 1)}
        later = [each.name for each in self.stages[self.reached + 1 :]]
        tables = [{each.name: list(each[1:]) for each in self.tables(at)} for at in every]
        whole = [[boot_map.place(first, end), first, end - first] for first, end in self.stretches]
        window = [self.window[0], self.window[1] - self.window[0]] if self.window else None
        return {
            "machines": [[name, each.cmdline] for name, each in sorted(self._machines().items())],
            "booted": [self._boots, self.description.name, self.stages[0].machine.g.saved_command_line],
            "stages": [
                *([each.name, boot_words.caption(self.description, each)] for each in self.stages[: self.reached + 1]),
                *([name, None] for name in later),
            ],
            "tasks": [list(task) for task in self.tasks],
            "places": whole,
            "window": window,
            "parts": [
                [*_rounded(left, width), first, end - first, *map(_address, (first, end))]
                for (left, width), (first, end) in zip(places, parts, strict=True)
            ],
            "mirrored": [
                [*self._where_in(part, place, first, end), boot_map.place(first, end)]
                for part, place in zip(parts, places, strict=True)
                for first, end in boot_map.inside(boot_map.mirrored(self.description), *part)
            ],
            "rows": _versions([*lanes, *([{}] * len(later))], to_come),
            "legend": self._legend(),
            "tables": _versions([*tables, *([{}] * len(later))]),
            "log": [[line, at] for at in every for line in self.log(at)[len(self.log(at - 1)) :]],
        }

    def _drawn(self, position: int, lane: Lane) -> list[list[Any]]:
        """The pieces of a lane for the script."""
        return [
            [*self._where_in(part, place, piece.first, piece.end), piece.look, piece.letter, piece.long, piece.words]
            for part, place in zip(self.shown(), boot_map.laid_out(self.shown()), strict=True)
            for piece in self.pieces(position, lane, *part)
        ]

    @staticmethod
    def _where_in(part: Range, place: tuple[float, float], first: int, end: int) -> list[float]:
        """Left edge and width, in percent, of some pages of a part that has its place."""
        percent = place[1] / (part[1] - part[0])
        return _rounded(place[0] + (first - part[0]) * percent, (end - first) * percent)

    def _legend(self) -> list[tuple[str, str, str]]:
        """What the fills with a letter mean, at whatever stage: (look, letter, name), each once."""
        lanes = [lane for at in range(len(self.stages)) for lane in self.lanes(at)]
        names = {(look, letter): name for lane in lanes for look, letter, name in self.key(lane)}
        plain = ("plain", "plain2", "twice")
        told = [
            (look, letter, name.removeprefix("free ")) for (look, letter), name in names.items() if look not in plain
        ]
        blocks = boot_map.blocks_in(self.stages[-1].machine, *self.window) if self.window else []
        return told + [("plain", block.label, "order of a free block") for block in blocks[:1]]

    def lines(self) -> list[str]:
        at, old = self.position, len(self.log(self.position - 1))
        log = [f"{'+' if number >= old else ' '} {line}" for number, line in enumerate(self.log(at))]
        return [*self._headlines(), *self._map_lines(at), *_table_lines(self.tables(at)), "Log (+: new):", *log]

    def text(self, changes: bool = False) -> str:
        """What the view shows, in words. changes: only the lines that this stage has changed."""
        if not changes:
            return "\n".join(self.lines())
        at = self.position
        before = self._all_lines(at - 1) if at else []
        return "\n".join([self._where(at), *base.changed(before, self._all_lines(at))])

    def map_text(self) -> str:
        """The map alone, in letters, with what they mean."""
        return "\n".join(self._map_lines(self.position))

    def table_text(self, name: str) -> str:
        """One table alone: the first whose name begins so."""
        tables = self.tables(self.position)
        for each in tables:
            if each.name.startswith(name):
                return "\n".join(_table_lines([each]))
        there = "; ".join(each.name for each in tables)
        raise ValueError(f"there is no table {name!r} at stage {self.stage.name}: choose one of {there}")

    def _all_lines(self, at: int) -> list[str]:
        log = (f"  {line}" for line in self.log(at))
        return [*self._map_lines(at), *_table_lines(self.tables(at)), "Log:", *log]

    def __repr__(self) -> str:
        """The map, and what is new at this stage: the text of a saved notebook."""
        tables, log = self.news()
        new = ["New in the log:", *(f"  {line}" for line in log)] if log else []
        return "\n".join([*self._headlines(), *self._map_lines(self.position), *_table_lines(tables), *new])

    def _map_lines(self, at: int) -> list[str]:
        lines = []
        for first, end in self.shown():
            each = count(boot_map.pages_a_letter(first, end), "page")
            lines.append(f"{boot_map.place(first, end)}; a letter is {each}:")
            for lane in self.lanes(at):
                lines.append(f"  {lane.name:12} {boot_map.letters(lane.pieces, first, end)}".rstrip())
        for lane in self.lanes(at):
            meanings = ", ".join(f"{letter} {name}" for _, letter, name in self.key(lane))
            lines.append(f"  {lane.name}: {meanings or 'nothing'}")
        return lines

    def _headlines(self) -> list[str]:
        cmdline = self.machine.g.saved_command_line
        return [
            self._where(self.position),
            boot_words.caption(self.description, self.stage),
            f"{self.description.name}, command line: {cmdline or '(empty)'}",
        ]

    def _where(self, at: int) -> str:
        return f"Stage {at + 1} of {len(self.stages)}, {self.stages[at].name}: {self.stages[at].what}."

    def news(self) -> tuple[list[Table], list[str]]:
        """What the stage has made: the tables that are new or changed, and the new lines of the log."""
        at, before = self.position, self.tables(self.position - 1)
        return [each for each in self.tables(at) if each not in before], self.log(at)[len(self.log(at - 1)) :]


def booted(source: Source, cmdline: str | None, kernel: Any) -> tuple[firmware.Description, list[Stage]]:
    """A machine's description, and all stages of its boot, each with a machine of its own.

    Raises BadDescription, also when the kernel itself gives up.
    """
    description = source if isinstance(source, firmware.Description) else firmware.load(source)
    try:
        found = stages(description, cmdline, kernel=kernel)
        return description, [stage._replace(machine=stage.machine.copy()) for stage in found]
    except (AssertionError, MemoryError) as stop:  # KernelBug is an AssertionError
        raise firmware.BadDescription(
            f"{description.name}: the kernel stops while it boots ({stop}); change the command line {cmdline!r}"
        ) from None


def _versions(stages: list[dict[str, Any]], names: Iterable[str] = ()) -> list[list[Any]]:
    """Name, which version there is at each stage (None: not yet), and the versions: what stays is sent once.

    names: of what is named even where no stage has it, first of all.
    """
    told = []
    for name in dict.fromkeys([*names, *(name for stage in stages for name in stage)]):
        versions: list[Any] = []
        numbers: list[int | None] = []
        for stage in stages:
            if name in stage and stage[name] not in versions[-1:]:
                versions.append(stage[name])
            numbers.append(len(versions) - 1 if name in stage else None)
        told.append([name, numbers, versions])
    return told


def _rounded(*places: float) -> list[float]:
    return [round(place, 4) for place in places]


def _address(pfn: int) -> str:
    """Where a page begins: its address in bytes, `4 GiB`, or, where that is long, its PFN."""
    address = boot_words.size(pfn << boot_map.PAGE_SHIFT) if pfn else "0"
    return address if len(address) <= SHORT else f"{pfn:#x}"


def _table_lines(tables: list[Table]) -> list[str]:
    lines = []
    for each in tables:
        lines += [f"{each.name}:", *table([each.head, *each.rows], indent=2)] if each.rows else [f"{each.name}: empty"]
        lines += [f"  and {count(each.more, 'more row')}"] if each.more else []
    return lines
