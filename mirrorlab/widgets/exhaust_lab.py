"""A load eats up a machine's memory until a request finds no page: what went on, and why that request failed."""

import asyncio
import signal
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from mirrorlab.machine import Machine
from mirrorlab.questions.load import MOST, Load, zones_now
from mirrorlab.story.recording import Recording
from mirrorlab.widgets import base, exhaust_chart, exhaust_svg, facts
from mirrorlab.widgets.exhaust_story import LoadStory
from mirrorlab.widgets.exhaust_words import MIXES, glosses, load_in_words, mix_name
from mirrorlab.words import MARKS, count, table

RUN_ON = 5_000  # operations of one "Run on"
ROWS = 8  # of the table
REDRAW = 0.25  # seconds between two pictures of a run


class ExhaustLab(base.View):
    """A load on a machine, run until something fails.

    Shown over time: free pages by type, and when requests of each kind first fell back or were refused. Then the
    failing request, line by line. The load stands in the machine's recording: in another view one can go back in it,
    and on from there.
    """

    stem = "exhaust_lab"
    shares = base.CARD
    svg = exhaust_svg.of_view
    label = "A load on a machine's memory"
    welcome = "Press Run: the load asks for memory until a request finds no page."

    def __init__(self, machine_or_source: Machine | Recording | str | Path | Mapping, load: Load | None = None) -> None:
        """machine_or_source: a machine, its recording, or a recorded case to start from (`Machine.from_recording`).

        load: what the controls say at first. Raises ValueError when the machine does not know its orders.
        """
        source = machine_or_source
        if not isinstance(source, Machine | Recording):
            source = Machine.from_recording(source)
        story = source if isinstance(source, Recording) else Recording.of(source)
        self.machine = story.machine
        self.load = load or Load()  # what the controls say; what runs is `run.load`
        self.track = LoadStory(story, self.load)
        self.running: asyncio.Task[None] | None = None
        self._doing: tuple[int, int] | None = None  # the operations at which a run began and will end
        super().__init__()
        self._state = self.welcome  # what was said last of the state
        self.follow(story.watchers, self._moved)
        self.at_end(self.track.close)

    @property
    def _knows_mirror(self) -> bool:
        return bool(self.machine.kernel.kconfig.MEMORY_MIRROR)

    def mixes(self) -> dict[str, tuple[int, ...]]:
        """The mixes of orders to choose from, by name."""
        largest = self.machine.kernel.mmzone.MAX_ORDER
        fitting = {name: orders for name, orders in MIXES.items() if len(orders) <= largest}
        return {**fitting, mix_name(self.load.orders): self.load.orders}

    def do_set(self, name: str, value: Any) -> None:
        """Change the load. It holds from the next start on. name: a field of Load; value: of orders, a mix's name."""
        change: dict[str, Any] = {name: self.mixes()[value] if name == "orders" else value}
        self.load = replace(self.load, **change)
        if not self.track.run.operation:
            self.track.begin(self.load)
        self.changed()

    # -- What can be done -------------------------------------------------------------------------------------------

    def run(self, operations: int = MOST) -> None:
        """Run until a request finds no page, or for so many operations. Returns when that is done."""
        _to_the_end(self._slices(operations, past_failures=False))

    def run_on(self, operations: int = RUN_ON) -> None:
        """Run on for so many operations and count the requests that find no page."""
        _to_the_end(self._slices(operations, past_failures=True))

    def start_again(self) -> None:
        """Bring the machine back to where the load began, and take the load from the controls."""
        self._not_running()
        back = self.track.again(self.load)
        self.draw()
        if not back:
            self.say("The machine's story has changed: started from where it is.")

    def stop(self) -> None:
        """Stop a run after its present slice."""
        if self._doing is None:
            self.say("Nothing is running.")
        else:
            self.track.stopping = True

    def _not_running(self) -> None:
        if self._doing is not None:
            raise ValueError("A run is going on: stop it first.")

    def _slices(self, operations: int, past_failures: bool) -> Iterator[None]:
        """A run that pauses after each slice; at its end it says what came of it."""
        self._not_running()
        self.track.rejoin()
        first = self.track.run.operation
        self._doing = first, first + operations
        try:
            yield from self.track.slices(operations, past_failures=past_failures)
        finally:
            self._doing = None
            self.draw()

    do_stop, do_again = stop, start_again

    def do_run(self) -> None:
        """Run until something fails."""
        self._press(MOST)

    def do_run_on(self) -> None:
        """Run on, past failures."""
        self._press(RUN_ON, past_failures=True)

    # A button's run goes on in the background, so that the kernel answers meanwhile.

    def _press(self, operations: int, *, past_failures: bool = False) -> None:
        slices = self._slices(operations, past_failures)
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:  # no notebook
            _to_the_end(slices)
        else:
            if next(slices, DONE) is not DONE:
                self.running = loop.create_task(self._in_background(slices))

    async def _in_background(self, slices: Iterator[None]) -> None:
        pause, drawn = 0.0, time.monotonic()
        try:
            while True:
                with interrupt_calls(self.stop):
                    began = time.monotonic()
                    if began - drawn >= pause:
                        self.draw()
                        drawn = time.monotonic()
                        pause = max(REDRAW, drawn - began)  # drawing takes half of the time at most
                    if next(slices, DONE) is DONE:
                        return
                await asyncio.sleep(0)  # now the kernel answers
        except Exception as problem:  # a replaced function of the kernel, most likely
            self.say(f"The run broke off: {type(problem).__name__}: {problem}")

    def _moved(self) -> None:
        if not self.track.moving:
            self.changed()

    def _why(self) -> list[tuple[str, str]]:
        """The explanation: its lines, each with what it means."""
        told = None if self._doing else self.track.explanation()
        return [] if told is None else list(zip(told.steps(), glosses(told), strict=True))

    # -- What is shown ----------------------------------------------------------------------------------------------

    def facts(self) -> list[str]:
        """The machine, the load, and how far it has come."""
        run, machine = self.track.run, self.machine
        mirror, *rest = run.headline()
        lines = [machine.headline(), f"{facts.settings(machine)}. {mirror}"]
        lines.append(load_in_words(run.load, self._knows_mirror))
        if not self._knows_mirror:
            lines.insert(2, "This kernel is built without the RFC: no request can ask for mirrored memory.")
        if self.load != run.load:
            lines.append(f"At the next start: {load_in_words(self.load, self._knows_mirror)}")
        return [*lines, *(line for line in rest if not line.startswith("Stopped"))]

    def state(self) -> str:
        """What the last state means, in a sentence."""
        run, here = self.track.run, self.track.operation()
        if self._doing is not None:
            return "The load runs."
        if here is None:
            return "The machine's story has changed: the load will start again from where the machine is."
        if here != run.operation:
            return f"The machine is back at operation {here:,}: the load would go on from there."
        if not self.track.undisturbed:
            return "Somebody else has changed the machine since the load ran."
        if self.load != run.load:
            return "What you changed holds from the next start on: press Again."
        if (told := self.track.explanation()) is not None:
            where = f"Operation {run.operation:,}: no page for {run.failure}." if run.failure else ""
            what = where or f"No page for order {told.order}, {told.gfp}."
            return " ".join([what, *(told.reasons or ["No zone can spare so much."])[:1]])
        if not run.operation:
            return self.welcome
        failed = count(sum(run.failed.values()), "request")
        return f"{count(run.operation, 'operation')}; so far {failed} found no page."

    def draw(self) -> None:
        if self._state != (words := self.state()):
            self._state = words
            self.say(words)
        super().draw()

    def zones(self) -> list[list[str]]:
        """The zones as they are: a row of headings, and one for each."""
        zones = zones_now(self.machine)
        rows = [[zone.name, *(f"{n:,}" for n in (zone.free, *zone.marks, zone.batch))] for zone in zones]
        return [["zone now", "free", *MARKS, "batch"], *rows]

    def picture(self) -> dict[str, Any]:
        run, here = self.track.run, self.track.operation()
        return {
            "state": self.state(),
            "load": {**vars(self.load), "orders": mix_name(self.load.orders)},
            "mixes": list(self.mixes()),
            "mirror": self._knows_mirror,
            "progress": self._progress(),
            "chart": exhaust_chart.chart(run, here if here != run.operation else None),
            "facts": self.facts(),
            "why": self._why(),
            "moments": run.cells(ROWS),
            "zones": self.zones(),
        }

    def _progress(self) -> list[Any] | None:
        if self._doing is None:
            return None
        first, last = self._doing
        done, free = self.track.run.operation, sum(zone.free for zone in zones_now(self.machine))
        return [done - first, last - first, f"{done:,} operations, {count(free, 'page')} free"]

    def lines(self) -> list[str]:
        run = self.track.run
        marks = [
            f"{'Refused' if mark['refused'] else 'Fell back'}: {mark['words']}"
            for mark in exhaust_chart.chart(run, None)["marks"]
        ]
        types = ", ".join(f"{name} {pages:,}" for name, pages in run.samples[-1].types.items())
        return [
            *(self.state(), *self.facts(), f"Free pages by type: {types}.", *marks),
            *(*run.table(ROWS), *table(self.zones()), *self.why()),
        ]

    def why(self) -> list[str]:
        """Why the last request found no page, line by line; empty when it found one."""
        return [line for line, _ in self._why()]


def _to_the_end(slices: Iterator[None]) -> None:
    for _ in slices:
        pass


DONE = object()  # what next() gives at the end of a run


@contextmanager
def interrupt_calls(action: Callable[[], object]) -> Iterator[None]:
    """While this lasts, an interrupt (Ctrl-C, the stop sign of the notebook) calls something instead of raising."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, lambda *_: action())
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
