"""Each component in each of its states, for the design page. Whoever adds a component, or a state, adds it here."""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from mirrorlab import linux
from mirrorlab.course.judge import exercise
from mirrorlab.course.judge.judge import judge
from mirrorlab.course.judge.outcome import ERROR, NOT_STARTED, Outcome
from mirrorlab.course.learner import home, verdict
from mirrorlab.course.learner.card import Card
from mirrorlab.course.learner.progress import Change, Record, Store
from mirrorlab.machine import Machine
from mirrorlab.machine.boot import boot
from mirrorlab.machine.toy import toy
from mirrorlab.story.recording import Recording, random_operations
from mirrorlab.widgets import (
    BootPlayer,
    Compare,
    ErrorLab,
    ExhaustLab,
    Home,
    MachineCard,
    MachineView,
    SlabView,
    Stage,
    Task,
    error_lab,
)
from mirrorlab.widgets.moments import Moments
from mirrorlab.widgets.question import Question
from mirrorlab.widgets.verdict import Verdict

FOR_PROCESS, FOR_KERNEL, MIRROR = "GFP_HIGHUSER_MOVABLE", "GFP_KERNEL", "GFP_KERNEL|__GFP_MIRROR"
BOTH = {"ordinary": FOR_PROCESS, "mirrored": MIRROR}


class State(NamedTuple):
    """A component in one of its states."""

    name: str
    shown: Any
    """A view, or what has html()."""
    clicks: tuple[str, ...] = ()
    """What is clicked once it is drawn, as selectors: for states that only the browser knows."""
    opened: bool = False
    """Whether its details are open: then it may be tall."""


SAMPLES: dict[type, Callable[[], Iterator[State]]] = {}
"""The class of each component -> what makes its states."""


def sample(component: type) -> Callable[[Callable[[], Iterator[State]]], Callable[[], Iterator[State]]]:
    """Let the function below make the states of a component."""

    def note(states: Callable[[], Iterator[State]]) -> Callable[[], Iterator[State]]:
        SAMPLES[component] = states
        return states

    return note


def busy(kernel: str = FOR_KERNEL) -> Machine:
    """A small machine in use: by turns 1 MiB for the kernel and 1 MiB for a process, 16 times."""
    machine = boot("toy-64m")
    for gfp in 16 * [kernel, FOR_PROCESS]:
        machine.alloc_pages(8, gfp, who="kernel" if gfp == kernel else "browser")
    return machine


def used_up() -> Machine:
    """A toy without a free block."""
    machine = toy(44)
    while machine.alloc_pages(0) is not None:
        pass
    return machine


@sample(Stage)
def _stage() -> Iterator[State]:
    tasks = [Task("Press Allocate", "allocate"), Task("Click block a: it is freed", "free")]
    yield State("before anything", Stage(toy(64), tasks=tasks))
    cut = Stage(toy(64), tasks=tasks)
    cut.machine.alloc_pages(2, FOR_PROCESS, who="a")
    yield State("a block was cut", cut)
    yield State("in the middle of the cuts", cut, ("[data-to=first]", "[data-to=next]", "[data-to=next]"))
    yield State("details", cut, (".todetails",))
    yield State("back in time: it asks before it drops steps", cut, ("[data-to=first]", ".alloc"))
    merged = Stage(toy(64))
    merged.do_allocate(2, "ordinary", 0)
    merged.do_free(0, 1)
    yield State("buddies have merged", merged)
    mirrored = Stage(toy(2048, mirrored=[(1024, 24)]), first=1024, ask=BOTH)
    mirrored.machine.alloc_pages(1, MIRROR, who="a")
    yield State("mirrored memory", mirrored)
    failed = Stage(toy(64))
    failed.machine.alloc_pages(5, FOR_PROCESS, who="a")
    failed.machine.alloc_pages(6, FOR_PROCESS)
    yield State("a request failed", failed)
    route = Stage(toy(64, dma32=64, marks=(40, 50, 60)), route=True)
    route.machine.alloc_pages(2, FOR_PROCESS, who="a")
    yield State("the way through the zones", route)
    full = Stage(toy(1024), pages=1024)
    random_operations(full.machine, 60, seed=1)
    yield State("1,024 pages after 60 operations", full)


class Fresh(Store):
    """The progress of a learner who has just come, or did what `record` says. Nothing is stored."""

    def __init__(self, **record: Any) -> None:
        super().__init__()
        self.record: Record = {"seed": 0, "exercises": {}, "predictions": {}, **record}

    def read(self) -> Record:
        return self.record

    def change(self, change: Change) -> Record:
        change(self.record)
        return self.record


def question(name: str, answer: Any, mine: Any = None) -> Question:
    """A card that was answered, or (...) whose answer was shown, or (None) that still asks."""
    asked = Card(name, answer, {}, "", Fresh())
    if mine is ...:
        asked.show()
    elif mine is not None:
        asked.commit(mine)
    return Question(asked)


@sample(Question)
def _question() -> Iterator[State]:
    yield State("numbers", question("02.which_block", [32, 40, 0]))
    yield State("right", question("02.which_block", [32, 40, 0], [32, 40, 0]))
    yield State("not yet", question("02.which_block", [32, 40, 0], [0, 0, 0]))
    yield State("shown", question("02.which_block", [32, 40, 0], ...))
    yield State("blocks", question("02.head_of_a_list", 32))
    yield State("blocks, right", question("02.head_of_a_list", 32, 32))


def judged(name: str, wrong: int = -1) -> Outcome:
    """What is said of one of an exercise's named wrong answers."""
    chosen = exercise.find(name)
    return judge(chosen, chosen.wrongs[wrong].function, seeds=range(2))


@sample(Verdict)
def _verdict() -> Iterator[State]:
    yield State(
        "not started", verdict.card(Outcome("ex02.expand", NOT_STARTED, [exercise.find("ex02.expand").question]))
    )
    yield State(
        "error", verdict.card(Outcome("ex02.expand", ERROR, ["line 3: half = pfn / 2", "TypeError: wrong type"]))
    )
    tail = verdict.card(judged("ex02.expand", 1))
    yield State("not yet: lists differ", tail)
    yield State("not yet: numbers differ", verdict.card(judged("ex01.survival", 0)))
    opened = verdict.card(judged("ex03.free_one_page", 0))
    opened.do_call()
    yield State("the call is opened", opened, opened=True)
    solution = linux.load().page_alloc.expand
    yield State("right", verdict.card(judge(exercise.find("ex02.expand"), solution, seeds=range(2))))


@sample(Moments)
def _moments() -> Iterator[State]:
    for side in ("yours", "Linux"):
        card = verdict.card(judged("ex02.expand", 0))
        card.do_call()
        card.do_side(side)
        yield State(f"the memory of {side}", card.stage)


@sample(Home)
def _home() -> Iterator[State]:
    yield State("a fresh learner", Home(lambda: home.overview(Fresh().read())))
    solved = {name: {"solved": True, "attempts": 1} for name in exercise.all_exercises() if name < "ex02.f"}
    yield State("in lesson 02", Home(lambda: home.overview(Fresh(exercises=solved).read())))


@sample(MachineCard)
def _machine_card() -> Iterator[State]:
    yield State("a recorded machine", MachineCard(Machine.from_recording("order0-pcp-one-0")))
    yield State("in use", MachineCard(busy()))
    yield State("44 pages", MachineCard(toy(44)))
    yield State("nothing is free", MachineCard(used_up()))
    yield State("two nodes", MachineCard(boot("toy-two-nodes")))
    yield State("holes", MachineCard(boot("toy-ragged")))
    yield State("1 TiB", MachineCard(boot("server-1t")))


@sample(ErrorLab)
def _error_lab() -> Iterator[State]:
    yield State("before anything", ErrorLab(busy()))
    lost = ErrorLab(busy())
    lost.break_some("user", "scrubber")
    yield State("a process has lost a page", lost)
    panic = ErrorLab(busy())
    panic.break_some("kernel", "kernel")
    yield State("panic", panic)
    storm = ErrorLab(busy())
    storm.storm(20, 0, "scrubber")
    yield State("after a storm", storm)
    yield State("details", storm, ("[aria-controls]",))
    odds = ErrorLab(busy())
    odds.do_show(error_lab.MANY)
    yield State("the chance to survive", odds)
    half = ErrorLab(busy(MIRROR))
    half.do_show(error_lab.MANY)
    half.simulate()
    yield State("the kernel in the mirror, simulated", half)
    none = ErrorLab(toy(1024))
    none.machine.alloc_pages(7, FOR_KERNEL)
    none.do_show(error_lab.MANY)
    yield State("nothing is mirrored", none)
    yield State("1 TiB", ErrorLab(boot("server-1t")))


@sample(MachineView)
def _machine_view() -> Iterator[State]:
    yield State("simple", MachineView(busy(), simple=True))
    full = MachineView(busy())
    random_operations(full.machine, 20, seed=1)
    yield State("all of it, after 20 operations", full)


@sample(BootPlayer)
def _boot_player() -> Iterator[State]:
    tasks = [Task("Go on to zones", "zones"), Task("Come closer to the last 4 MiB", "part", 0x103FFF)]
    yield State("the firmware's map", BootPlayer("toy-64m", tasks=tasks))
    yield State("memblock", BootPlayer("toy-64m", stage="memblock"))
    end = BootPlayer("toy-64m", stage="watermarks", tasks=tasks)
    yield State("the end of a boot", end)
    yield State("details, and another machine", end, ("header [aria-controls]", "header [aria-controls]:last-child"))
    ragged = BootPlayer("toy-ragged", stage="pageblocks")
    ragged.show(0x101000, 4096)
    yield State("a part: page blocks that are mirrored in part", ragged)
    blocks = BootPlayer("toy-64m", stage="bootmem")
    blocks.show(0x103BF0, 64)
    yield State("a small part: each free block with its order", blocks)
    yield State("two nodes, a changed map", BootPlayer("toy-two-nodes", "mem=4200M", stage="watermarks"))
    yield State("1 TiB", BootPlayer("server-1t", stage="bootmem"))


@sample(ExhaustLab)
def _exhaust_lab() -> Iterator[State]:
    yield State("before anything", ExhaustLab(boot("toy-64m")))
    run = ExhaustLab(boot("toy-64m"))
    run.run()
    yield State("a request has failed", run)


@sample(Compare)
def _compare() -> Iterator[State]:
    yours, linux = (Recording.of(toy(64)) for _ in range(2))
    yours.machine.alloc_pages(2, FOR_PROCESS)
    linux.machine.alloc_pages(3, FOR_PROCESS)
    yield State("a difference", Compare(yours, linux))


@sample(SlabView)
def _slab_view() -> Iterator[State]:
    machine = boot("toy-64m")
    for _ in range(20):
        machine.kmalloc(64, who="me")
    yield State("a slab in use", SlabView(machine, "kmalloc-64"))
