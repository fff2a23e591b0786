"""Rows about views: what Python needs before the browser can draw, and the way from a click to the changed picture."""

import tempfile
from collections.abc import Callable
from pathlib import Path
from statistics import median, quantiles
from typing import Any

from benchmarks import streams
from benchmarks.machine import one_zone
from benchmarks.measure import Effort, Result, interleaved
from benchmarks.rows import row
from mirrorlab import Machine, Recording, boot
from tools import browser

EVENTS = 10_000


def half_used(mib: int, operations: int) -> Machine:
    """A machine in the middle of a stream of mixed orders: about half of its memory, or what so many blocks take."""
    machine = one_zone(mib)
    streams.drive(machine, streams.mixed(operations, mib)[: operations // 2])
    return machine


@row
def page_maps(effort: Effort) -> list[Result]:
    """The map of a machine in use, as the bytes that go to the browser; above a million pages a byte stands for 16."""
    from mirrorlab.widgets import pagemap

    sizes = {"64 K": (effort.mib, 3), "1 M": (16 * effort.mib, 5), "16 M": (256 * effort.mib, 15)}
    machines = {name: half_used(mib, effort.operations) for name, (mib, _) in sizes.items()}

    def wire(machine: Machine) -> Callable[[], bytes]:
        return lambda: pagemap.page_map(machine)

    seconds = interleaved(effort.repeats, {name: wire(machine) for name, machine in machines.items()})
    results = []
    for name, (_, limit) in sizes.items():
        took, machine = seconds[name] * 1000, machines[name]
        blocks = len(machine.owners) + len(machine.free_blocks())
        what = f"page map of {name} pages, state to bytes on the wire"
        results.append(Result(what, f"{took:.1f} ms, {blocks:,} blocks", None, f"<= {limit} ms", took <= limit))
    return results


@row
def step_of_many_events(effort: Effort) -> list[Result]:
    """An operation of 10,000 events, half of them pages drained, half of them merges; and a stage draws anew."""
    from mirrorlab.widgets import Stage

    machine = one_zone(effort.mib)
    machine.zones[0].pageset[0].high = EVENTS  # a list longer than any kernel's
    pages = [machine.alloc_pages() for _ in range(min(EVENTS // 2, effort.operations))]
    for pfn in pages:
        machine.free_pages(pfn)
    story = Recording(machine)
    machine.drain()
    events = len(story.operations[0].events)
    view = Stage(machine)
    runs = {  # without an event loop the view draws at once
        "back": lambda: story.goto(0),
        "on": lambda: story.goto(1),
    }
    seconds = interleaved(effort.repeats, runs)
    view.close()
    measured = ", ".join(f"{name} {seconds[name] * 1000:.1f} ms" for name in runs)
    reached = max(seconds.values()) <= 0.025
    return [Result(f"a step of {events:,} events, with the picture", measured, None, "<= 25 ms each", reached)]


@row
def large_stage(effort: Effort) -> list[Result]:
    """The first picture of a stage with its map, on a server that has just booted; and a move of its window."""
    from mirrorlab.widgets import Stage

    def first(machine: Machine) -> None:
        view = Stage(machine)
        view.draw()
        view.close()
        machine.recording.close()  # the next stage makes its own, as the first one does

    results = []
    for name in ("server-512g", "server-1t") if effort.repeats > 1 else ("toy-64m",):
        machine = boot(name)
        took = interleaved(min(effort.repeats, 5), {"first": lambda machine=machine: first(machine)})["first"] * 1000
        results.append(Result(f"first picture of a stage on {name}", f"{took:.0f} ms", None, "<= 300 ms", took <= 300))
    view = Stage(machine)
    machine.alloc_pages()
    runs = {"move": lambda: view.do_show(view.first)}  # without an event loop it is drawn at once
    took = interleaved(min(effort.repeats, 5), runs)["move"] * 1000
    view.close()
    what = f"its window moved on {machine.name}, one operation in the story"
    return [*results, Result(what, f"{took:.0f} ms", None, "a drag that follows", None)]


# -- In a browser -----------------------------------------------------------------------------------------------------

OPERATIONS = 300  # in the story a stage shows
CLICKED = {  # a view -> the cell that shows it, what a click changes, and what is clicked
    f"Stage after {OPERATIONS} operations": (
        f"""\
from mirrorlab.machine.toy import toy
from mirrorlab.story.recording import random_operations
from mirrorlab.widgets import Stage
machine = toy(1024)
view = Stage(machine)
random_operations(machine, {OPERATIONS}, seed=1)
view""",
        ".strip",
        ".alloc",
    ),
}
CLICK = """([changing, button]) => new Promise(changed => {
    const where = document.querySelector(changing), start = performance.now();
    new MutationObserver((_, observer) => {
        observer.disconnect();
        requestAnimationFrame(() => requestAnimationFrame(() => changed(performance.now() - start)));  // painted
    }).observe(where, {childList: true, characterData: true, subtree: true});
    document.querySelector(button).click();
})"""


@row
def click_to_picture(effort: Effort) -> list[Result]:
    """A click on Allocate in JupyterLab until the changed picture is painted. Wall time: two programs take part."""
    target = "<= 50 ms, 19 of 20 <= 100 ms"
    whats = {name: f"a click in {name} to the changed picture" for name in CLICKED}
    if effort.repeats == 1:
        reason = "that needs a browser, and some seconds"
        return [Result(what, f"not measured: {reason}", None, target, None) for what in whats.values()]
    try:
        with tempfile.TemporaryDirectory() as folder, browser.chromium() as chromium:
            times = {name: click_times(chromium, Path(folder), name, 4 * effort.repeats) for name in CLICKED}
    except browser.Missing as reason:
        return [Result(what, f"not measured: {reason}", None, target, None) for what in whats.values()]
    return [_clicks(whats[name], took, target) for name, took in times.items()]


def _clicks(what: str, times: list[float], target: str) -> Result:
    took, most = median(times), quantiles(times, n=20)[-1]
    measured = f"{took:.0f} ms in the median, {most:.0f} ms for 19 of 20, {max(times):.0f} ms at most"
    return Result(what, measured, None, target, took <= 50 and most <= 100)


def click_times(chromium: Any, folder: Path, name: str, clicks: int) -> list[float]:
    """How long each click took, in milliseconds; the first, which does not count, is left out."""
    cell, changing, button = CLICKED[name]
    with browser.jupyterlab(folder, folder / "settings") as server:
        lab = browser.Lab(chromium.new_page(reduced_motion="reduce"), server)  # no steps to wait for
        lab.open(cell)
        lab.page.locator(changing).wait_for()
        times = [lab.page.evaluate(CLICK, [changing, button]) for _ in range(clicks + 1)]
        lab.shut_down()
        return times[1:]
