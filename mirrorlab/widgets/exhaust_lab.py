"""A load eats up a machine's memory until a request finds no page: what went on, and why that request failed."""

import asyncio
import signal
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import ipywidgets

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

    Shown over time: free pages by class, each zone with its watermarks, batches, failures. Then the failing request,
    line by line. The load stands in the machine's recording: in another view one can go back in it, and on from there.
    """

    stem = "exhaust_lab"
    svg = exhaust_svg.of_view
    label = "A load on a machine's memory"
    welcome = "Press Run until something fails."

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
        self.line = 0  # of the explanation: the one that is being read
        self.running: asyncio.Task[None] | None = None
        self._shown: object = None  # the explanation that `line` is a line of
        self._doing: tuple[int, int] | None = None  # the operations at which a run began and will end
        self._chart: exhaust_chart.Chart | None = None
        self._svg = ""
        self._drawn: tuple[Any, ...] = ()  # what the last picture shows
        super().__init__(self._controls())
        self.follow(story.watchers, self._moved)
        self.at_end(self._let_go)

    def _controls(self) -> list[ipywidgets.Widget]:
        load = self.load
        knows = self._knows_mirror
        share = partial(ipywidgets.IntSlider, step=5, **base.FITTED)
        self.kernel = share(round(100 * load.kernel), description="kernel's share, %")
        self.mirrored = share(round(100 * load.mirrored), description="of these mirrored, %")
        self.frees = share(round(100 * load.frees), description="frees, %", max=95)
        largest = self.machine.kernel.mmzone.MAX_ORDER
        mixes = {name: orders for name, orders in MIXES.items() if len(orders) <= largest}
        self.orders = base.choice("orders", {**mixes, mix_name(load.orders): load.orders}.items(), load.orders)
        self.seed = base.number("seed", load.seed)
        self.operations = base.number("operations", 500, 1, MOST)
        for name, scale in (("kernel", 100), ("mirrored", 100), ("frees", 100), ("orders", None), ("seed", None)):
            getattr(self, name).observe(partial(self._set, name, scale), "value")
        return [
            base.row(self.kernel, *([self.mirrored] if knows else []), self.frees),
            base.row(self.orders, self.seed, self.button("Start again", self.start_again, AGAIN)),
            base.row(
                self.button("Run until something fails", lambda: self._press(MOST), UNTIL),
                self.button("Run on, past failures", lambda: self._press(RUN_ON, past_failures=True), ON),
                self.operations,
                self.button("Step", lambda: self._press(self.operations.value), STEP),
                self.button("Stop", self.stop, "Stop the run"),
            ),
        ]

    @property
    def _knows_mirror(self) -> bool:
        return bool(self.machine.kernel.kconfig.MEMORY_MIRROR)

    def _set(self, name: str, scale: int | None, change: dict[str, Any]) -> None:
        value = change["new"] / scale if scale else change["new"]
        self.attempt(lambda: self._take(replace(self.load, **{name: value})))

    def _take(self, load: Load) -> None:
        self.load = load
        if not self.track.run.operation:
            self.track.begin(load)
        elif load != self.track.run.load:
            self.say("This holds from the next start on: press Start again.")
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
        self.say("Back at the start." if back else "The machine's story has changed: started from where it is.")
        self.changed()

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
        self.say("Running.")
        try:
            yield from self.track.slices(operations, past_failures=past_failures)
        finally:
            self._doing = None
            self.draw()  # it is there to be read when it is said
            self.say(self._outcome(first))

    def _outcome(self, first: int) -> str:
        run = self.track.run
        done = count(run.operation - first, "operation")
        if not self.track.undisturbed:
            return f"{done} made; then somebody else moved the machine."
        if run.failure is not None:
            return f"Operation {run.operation:,}: no page for {run.failure}. Below it says why."
        failed = count(sum(run.failed.values()), "request")
        return f"{done} made. So far {failed} found no page."

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

    def _let_go(self) -> None:
        self.track.close()
        if self._chart is not None:
            self._chart.close()
            self._chart, self._drawn = None, ()

    def do_read(self, line: int) -> None:
        """Come to a line of the explanation."""
        if lines := self._why():
            self.line = min(max(line, 0), len(lines) - 1)
            self.changed()

    def do_move(self, lines: int) -> None:
        """Go on in the explanation, or back."""
        self.do_read(self.line + lines)

    def _why(self) -> list[tuple[str, str]]:
        """The explanation: its lines, each with what it means."""
        told = None if self._doing else self.track.explanation()
        if told is not self._shown:
            self._shown, self.line = told, 0
        return [] if told is None else list(zip(told.steps(), glosses(told), strict=True))

    # -- What is shown ----------------------------------------------------------------------------------------------

    def facts(self) -> list[str]:
        """The machine, the load, and how far it has come."""
        run, machine = self.track.run, self.machine
        mirror, *rest = run.headline()
        settings = facts.settings(machine)
        lines = [machine.headline(), f"{settings}. {mirror}", load_in_words(run.load, self._knows_mirror), *rest]
        if not self._knows_mirror:
            lines.insert(2, "This kernel is built without the RFC: no request can ask for mirrored memory.")
        here = self.track.operation()
        if here is None:
            lines.append("The machine's story has changed: the load will start again from where the machine is.")
        elif here != run.operation:
            lines.append(f"The machine is back at operation {here:,}: the load would go on from there.")
        elif not self.track.undisturbed:
            lines.append("Somebody else has changed the machine since the load ran.")
        if self.load != run.load:
            lines.append(f"At the next start: {load_in_words(self.load, self._knows_mirror)}")
        return lines

    def zones(self) -> list[list[str]]:
        """The zones as they are: a row of headings, and one for each."""
        zones = zones_now(self.machine)
        rows = [[zone.name, *(f"{n:,}" for n in (zone.free, *zone.marks, zone.batch))] for zone in zones]
        return [["zone now", "free", *MARKS, "batch"], *rows]

    def chart(self) -> str:
        """The run over time as SVG; "" without matplotlib."""
        if not exhaust_chart.available():
            return ""
        run, here = self.track.run, self.track.operation()
        drawn = run, run.operation, len(run.samples), here
        if drawn != self._drawn:
            if self._chart is None:
                self._chart = exhaust_chart.Chart(run)
            self._svg = self._chart.svg(run, here if here != run.operation else None)
            self._drawn = drawn
        return self._svg

    def picture(self) -> dict[str, Any]:
        return {
            "facts": self.facts(),
            "progress": self._progress(),
            "chart": self.chart(),
            "why": self._why(),
            "line": self.line,
            "served": SERVED if any(self.track.run.failed.values()) else NOTHING_YET,
            "moments": self.track.run.cells(ROWS),
            "zones": self.zones(),
        }

    def _progress(self) -> list[Any] | None:
        if self._doing is None:
            return None
        first, last = self._doing
        done, free = self.track.run.operation, sum(zone.free for zone in zones_now(self.machine))
        return [done - first, last - first, f"{done:,} operations, at most {last:,}; {count(free, 'page')} free"]

    def lines(self) -> list[str]:
        return [*self.facts(), *self.track.run.table(ROWS), *table(self.zones()), *self.why()]

    def why(self) -> list[str]:
        """Why the last request found no page, line by line; empty when it found one."""
        return [line for line, _ in self._why()]


def _to_the_end(slices: Iterator[None]) -> None:
    for _ in slices:
        pass


DONE = object()  # what next() gives at the end of a run
NOTHING_YET = "Run until something fails: why it failed will stand here, line by line."
SERVED = "The last request found its page. Run until something fails: the next one that finds none is explained here."
UNTIL = "Run until a request finds no page, and explain it"
ON = f"{RUN_ON:,} operations; requests that find no page are counted"
STEP = "So many operations, or up to a request that finds no page"
AGAIN = "Bring the machine back to where the load began; the controls say what runs"


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
