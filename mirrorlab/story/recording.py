"""A machine's story: each operation with its events; go to any point of it, forwards and backwards.

    story = Recording(machine)          # from now on, whatever is done with the machine is noted down
    machine.alloc_pages(3)
    story.goto(0)                       # as it was
    story.step()                        # and again

Going back is a keyframe (a snapshot) and replay from there: the model is deterministic.
"""

import functools
import inspect
import json
import random
from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from mirrorlab import linux
from mirrorlab.linux import mmzone
from mirrorlab.machine import Machine, files
from mirrorlab.machine.objects import Object
from mirrorlab.machine.snapshot import Snapshot
from mirrorlab.oracle import cases as recordings
from mirrorlab.oracle import state
from mirrorlab.oracle.replay import Replay
from mirrorlab.story import events, trace_file
from mirrorlab.story.events import Words
from mirrorlab.story.steps import Step, watching

KEYFRAME_EVERY = 5_000  # operations and events together; replaying so many takes some milliseconds
KEYFRAMES = 64  # when there are more, every second one is dropped


@dataclass(frozen=True, slots=True)
class Operation:
    """One call of a method that changes the machine, and its result."""

    method: str
    arguments: dict[str, Any]
    result: Any
    error: str | None
    """What the call raised, when it broke off half-way; None: it returned."""
    events: list[tuple[Any, ...]]

    def __str__(self) -> str:
        return self._told(self.call, str(self.result))

    @property
    def call(self) -> str:
        """The call alone."""
        return f"{self.method}({', '.join(f'{name}={value!r}' for name, value in self.arguments.items())})"

    def words(self, say: Words) -> str:
        """As str(), with pages and objects as the views name them."""
        called = f"{self.method}({', '.join(_named(name, value, say) for name, value in self.arguments.items())})"
        result = str(self.result)
        if isinstance(self.result, Object):
            result = say.object(self.result.address) if self.result.size else "no bytes"
        elif self.method.startswith("alloc_pages"):
            result = "no page" if self.result is None else say.block(self.result, self.arguments.get("order", 0))
        return self._told(called, result)

    def _told(self, called: str, result: str) -> str:
        return f"{called} raised {self.error}" if self.error else f"{called} -> {result}"


class Recording:
    """Everything done with a machine from now on, and the way back.

    Position k is the state after the first k operations. An operation carried out at an earlier position starts another
    story from there: what came after is forgotten. A call that raises before anything happened leaves no trace. What
    is changed past the machine's methods (`machine.g...`) is not noted, and lost when going back.
    """

    def __init__(self, machine: Machine) -> None:
        """Raises ValueError when the machine has a recording already: `Recording.of` gives that one."""
        if machine.recording is not None:
            raise ValueError("this machine is being recorded already: use Recording.of(machine)")
        self.machine = machine
        self.operations: list[Operation] = []
        self.position = 0
        self.watchers: list[Callable[[], object]] = []
        """Called whenever the machine has changed: after an operation, and after a move through the story."""
        self._ends = [0]  # and the position after each operation of the recorded case
        self._keyframes: list[tuple[int, Snapshot]] = [(0, machine.snapshot())]
        self._keyframe_every = KEYFRAME_EVERY
        self._since_keyframe = 0
        self._busy = False
        self._attach()

    @classmethod
    def of(cls, machine: Machine) -> "Recording":
        """The recording of a machine: the one it has, or a new one."""
        return machine.recording if machine.recording is not None else cls(machine)

    @classmethod
    def of_case(cls, case: str | Path | Mapping[str, Any], kernel: linux.Kernel | None = None) -> "Recording":
        """A recorded kernel case, carried out on the model; it stands at the start.

        Each call is an operation of its own: see `at`. Raises RecordingError when there is no such case, or it has no
        operations, as a boot.
        """
        if not isinstance(case, Mapping):
            case = recordings.load(case)
        if "ops" not in case:
            raise recordings.RecordingError(f"{case['name']} cannot be played: it has no operations to step through")
        replay = Replay(recordings.check(case, case["name"]), kernel)
        story = cls(replay.machine)
        for op in case["ops"]:
            replay.step(op)
            story._ends.append(len(story.operations))
        story.goto(0)
        return story

    # -- Noting down ------------------------------------------------------------------------------------------------

    def _attach(self) -> None:
        """Stand in front of the machine's methods. A machine that is not recorded pays nothing for this."""
        self.machine.recording = self
        for name in self.machine.OPERATIONS:
            setattr(self.machine, name, self._in_front_of(name))

    def close(self) -> None:
        """Stop recording. The machine stays where it is; the recording can no longer move it."""
        if self.machine.recording is self:
            self.machine.recording = None
            for name in self.machine.OPERATIONS:
                delattr(self.machine, name)

    def _must_be_open(self) -> None:
        if self.machine.recording is not self:
            raise ValueError("this recording was closed: make a new one with Recording(machine)")

    def _in_front_of(self, name: str) -> Callable[..., Any]:
        method = getattr(type(self.machine), name)
        signature = inspect.signature(method)

        @functools.wraps(method)
        def recorded(*args: Any, **kwargs: Any) -> Any:
            arguments = signature.bind(self.machine, *args, **kwargs).arguments
            del arguments["self"]
            return self.do(name, **arguments)

        return recorded

    def do(self, method: str, **arguments: Any) -> Any:
        """Carry out an operation by name and note it down; returns and raises what the machine's method does."""
        machine = self.machine
        self._must_be_open()
        # An object is named by its address: that can be written down.
        arguments = {name: each.address if isinstance(each, Object) else each for name, each in arguments.items()}
        if self._busy or (method == "sysctl" and arguments.get("value") is None):
            return _carry_out(machine, method, arguments)  # part of another operation; or it only looks

        happened: list[tuple[Any, ...]] = []
        try:
            result = self._carry_out_watched(method, arguments, happened)
        except BaseException as problem:
            if happened and isinstance(problem, Exception):
                error = f"{type(problem).__name__}: {problem}"
                self._note(Operation(method, arguments, None, error, happened))
            else:  # refused, or interrupted: as if it had not been called
                self._return_to(self.position)
            raise
        self._note(Operation(method, arguments, result, None, happened))
        return result

    def _carry_out_watched(self, method: str, arguments: dict[str, Any], happened: list[tuple[Any, ...]]) -> Any:
        g = self.machine.g
        elsewhere, g.trace = g.trace, happened
        self._busy = True
        try:
            return _carry_out(self.machine, method, arguments)
        finally:
            self._busy = False
            g.trace = elsewhere
            if elsewhere is not None:
                elsewhere.extend(happened)

    def _note(self, operation: Operation) -> None:
        if self.position < len(self.operations):  # another story begins here
            del self.operations[self.position :]
            self._ends = self._ends[: bisect_right(self._ends, self.position)]
            while self._keyframes[-1][0] > self.position:
                self._keyframes.pop()
            self._since_keyframe = sum(map(_cost, self.operations[self._keyframes[-1][0] :]))
        self.operations.append(operation)
        self.position += 1
        self._since_keyframe += _cost(operation)
        if self._since_keyframe >= self._keyframe_every:
            self._add_keyframe()
        self._tell_watchers()

    def _add_keyframe(self) -> None:
        self._keyframes.append((self.position, self.machine.snapshot()))
        self._since_keyframe = 0
        if len(self._keyframes) > KEYFRAMES:
            del self._keyframes[1::2]
            self._keyframe_every *= 2

    def _tell_watchers(self) -> None:
        for watcher in list(self.watchers):
            watcher()

    # -- Moving -----------------------------------------------------------------------------------------------------

    def goto(self, position: int) -> None:
        """Bring the machine to the state after the first `position` operations. Raises ValueError beyond the ends."""
        if not 0 <= position <= len(self.operations):
            raise ValueError(f"there is no position {position}: this recording goes from 0 to {len(self.operations)}")
        self._must_be_open()
        at, _ = self._keyframe_before(position)
        try:
            if at <= self.position <= position:
                self._replay(position)
            else:
                self._return_to(position)
        finally:  # where it broke off, the machine has moved too
            self._tell_watchers()

    def step(self, count: int = 1) -> None:
        """Go `count` operations on, or back when it is negative; at the ends it stops."""
        self.goto(min(max(self.position + count, 0), len(self.operations)))

    def _keyframe_before(self, position: int) -> tuple[int, Snapshot]:
        return self._keyframes[bisect_right(self._keyframes, position, key=lambda keyframe: keyframe[0]) - 1]

    def _return_to(self, position: int) -> None:
        """Come to a position by way of the keyframe before it, whatever state the machine is in."""
        self.position, keyframe = self._keyframe_before(position)
        self.machine.restore(keyframe)
        self._replay(position)

    def _replay(self, position: int) -> None:
        """Carry out again what leads from here to a later position."""
        machine = self.machine
        elsewhere, machine.g.trace = machine.g.trace, None
        busy, self._busy = self._busy, True
        try:
            for operation in self.operations[self.position : position]:
                _again(machine, operation)
                self.position += 1
        except BaseException:  # interrupted in the middle of an operation
            self.position, keyframe = self._keyframe_before(self.position)
            machine.restore(keyframe)
            raise
        finally:
            self._busy = busy
            machine.g.trace = elsewhere

    # -- Operations of a recorded case ------------------------------------------------------------------------------

    def at(self, op: int, call: int = 1) -> int:
        """The position at which a call of a recorded operation is made: there the machine is as the call finds it.

        op: the operation's index in the case, from 0 on; the number of operations: where the last one has ended.
        call: which call of it, from 1 on: an alloc_many makes many, each a position further.

        Raises ValueError when this story has no such operation or call.
        """
        ends = self._ends_of_operations()
        if not 0 <= op < len(ends):
            raise ValueError(f"there is no operation {op}: this story has the recorded operations 0 to {len(ends) - 2}")
        calls = ends[min(op + 1, len(ends) - 1)] - ends[op]
        if not 1 <= call <= max(calls, 1):
            raise ValueError(f"there is no call {call} of operation {op}: choose from 1 to {max(calls, 1):,}")
        return ends[op] + call - 1

    def op_of(self, position: int) -> tuple[int, int]:
        """The recorded operation, and which call of it, that is made at a position: what `at` takes.

        Raises ValueError where none is: at the end, and in another story that was begun before it.
        """
        ends = self._ends_of_operations()
        if not 0 <= position < ends[-1]:
            raise ValueError(f"no recorded operation is made at {position}: choose a position from 0 to {ends[-1] - 1}")
        op = bisect_right(ends, position) - 1
        return op, position - ends[op] + 1

    def _ends_of_operations(self) -> list[int]:
        if len(self._ends) < 2:
            raise ValueError("this story has no recorded operations: make one with Recording.of_case()")
        return self._ends

    # -- Looking ----------------------------------------------------------------------------------------------------

    def positions(self, kind: str) -> list[int]:
        """The positions just after each operation of a kind: a method's name, or that of an event it caused."""
        known = [*events.KINDS, *self.machine.OPERATIONS]
        if kind not in known:
            raise ValueError(f"there is no operation or event {kind!r}: choose from {', '.join(known)}")
        return [
            position
            for position, operation in enumerate(self.operations, 1)
            if operation.method == kind or any(event[0] == kind for event in operation.events)
        ]

    def words(self, position: int | None = None, offsets: bool = True) -> list[str]:
        """What the operation that led to a position (None: the present one) did, a line for each event."""
        position = self.position if position is None else position
        if not 1 <= position <= len(self.operations):
            return []
        say = Words(self.machine, offsets)
        return [events.in_words(event, say) for event in self.operations[position - 1].events]

    def steps(self, position: int | None = None) -> list[Step]:
        """What the operation that led to a position (None: the present one) did, in its smallest steps.

        It is carried out again for that; then the machine is brought back to where it was.
        """
        position = self.position if position is None else position
        if not 1 <= position <= len(self.operations):
            return []
        with self.visit(position - 1):
            return self.carry_on()

    @contextmanager
    def visit(self, position: int) -> Iterator[Machine]:
        """Have the machine as it was at a position, for a look; then it is where it was, and no watcher hears of it."""
        self._must_be_open()
        here, busy = self.position, self._busy
        self._busy = True  # what is done with it meanwhile is not noted down
        try:
            if position != here:
                self._return_to(position)
            yield self.machine
        except BaseException:
            self._return_to(here)  # where it broke off, the machine may be in the middle of an operation
            raise
        finally:
            if self.position != here:
                self._return_to(here)
            self._busy = busy

    def carry_on(self) -> list[Step]:
        """On a visit: carry out the next operation again, and stand after it; returns its smallest steps."""
        with watching(self.machine.kernel, self.machine.g) as found:
            _again(self.machine, self.operations[self.position])
        self.position += 1
        return found

    # -- In a file --------------------------------------------------------------------------------------------------

    def save(self, path: str | Path) -> None:
        """Write the whole story to a file: JSON lines, one an operation. The kernel's functions are not in it.

        The file is there completely or, after an OSError, as it was before.
        """
        kernel = self.machine.kernel
        head = {
            "mirrorlab": "recording",
            "version": trace_file.VERSION,
            "name": self.machine.name,
            "config": {name: value for name, value in vars(kernel.kconfig).items() if name.isupper()},
            "start": state.dump(self._keyframes[0][1]),
        }
        body = [{"n": n, **_as_dict(operation)} for n, operation in enumerate(self.operations, 1)]
        lines = [trace_file.to_line(value) for value in (head, *body, {"end": len(body)})]
        files.write(path, "".join(lines))

    @classmethod
    def load(cls, path: str | Path, kernel: linux.Kernel | None = None) -> "Recording":
        """Read a saved story and carry it out; it stands at its end.

        kernel: the loaded kernel it was recorded on; None loads one with the same build options and no function
        replaced. Raises RecordingError, which names the file and the line, when something is wrong with it.
        """
        lines = trace_file.read(path)
        number, head = 1, lines[0]
        try:
            story = cls(_machine(head, kernel))
            for line in lines[1:-1]:
                number += 1
                _carry_out_line(story, line)
        except trace_file.NONSENSE as problem:
            raise recordings.RecordingError(f"{path}: line {number}: {trace_file.reason(problem)}") from None
        return story


def _named(argument: str, value: Any, say: Words) -> str:
    """An argument of an operation: pages and objects as the views name them."""
    if argument == "pfn" and isinstance(value, int):
        return say.block(value)
    if argument == "thing" and isinstance(value, int) and value >= mmzone.PAGE_SIZE:
        return say.object(value)
    return f"{argument}={value!r}"


def _as_dict(operation: Operation) -> dict[str, Any]:
    return {field.name: getattr(operation, field.name) for field in fields(operation)}


def _cost(operation: Operation) -> int:
    """How much it takes to carry out an operation again."""
    return 1 + len(operation.events)


# -- Carrying out -----------------------------------------------------------------------------------------------


def _carry_out(machine: Machine, method: str, arguments: Mapping[str, Any]) -> Any:
    return getattr(type(machine), method)(machine, **arguments)


def _again(machine: Machine, operation: Operation) -> None:
    """Carry out an operation a second time. Raises RuntimeError when the result is another one."""
    result = error = None
    try:
        result = _carry_out(machine, operation.method, operation.arguments)
    except Exception as problem:
        error = f"{type(problem).__name__}: {problem}"
    if (result, error) != (operation.result, operation.error):
        raise RuntimeError(
            f"{operation}, but {error or result} when carried out again: "
            "make the replaced functions of the kernel depend on nothing but their arguments"
        )


def random_operations(machine: Machine, count: int, seed: int) -> None:
    """Carry out `count` operations chosen by chance: mostly single pages, and half of the time something is freed."""
    chance = random.Random(seed)
    cpus = range(len(machine.g.cpu_to_node))
    for _ in range(count):
        kind, cpu = chance.random(), chance.choice(cpus)
        owned = list(machine.owners) if kind < 0.48 else []
        if owned:
            machine.free_pages(chance.choice(owned), cold=kind < 0.05, cpu=cpu)
        elif kind < 0.97:
            machine.alloc_pages(chance.choice(RANDOM_ORDERS), chance.choice(RANDOM_GFP), cpu=cpu, who="chance")
        elif kind < 0.99:
            machine.drain(cpu)
        elif "vm.mirrorable" in machine.kernel.sysctl.vm_table:
            machine.sysctl("vm.mirrorable", chance.randrange(2), cpu=cpu)


RANDOM_ORDERS = (0, 0, 0, 0, 0, 0, 1, 1, 2, 3, 5)
RANDOM_GFP = ("GFP_KERNEL", "GFP_ATOMIC", "GFP_HIGHUSER_MOVABLE", "GFP_TEMPORARY")

# -- Files ------------------------------------------------------------------------------------------------------


def _machine(head: Mapping[str, Any], kernel: linux.Kernel | None) -> Machine:
    """The machine at the start of a saved story."""
    kernel = kernel or linux.load(config=head["config"])
    g, owners, objects = state.load(head["start"], kernel)
    machine = Machine(kernel, g, head["name"])
    machine._owners = owners
    machine._objects = {address: Object(*each) for address, each in objects.items()}
    return machine


def _carry_out_line(story: Recording, line: Mapping[str, Any]) -> None:
    """Carry out a saved operation. Raises ValueError when the result is not the one that is written there."""
    if line["method"] not in story.machine.OPERATIONS:
        raise ValueError(f"there is no operation {line['method']!r}")
    with suppress(Exception):  # what an operation raised when it was recorded is compared below
        story.do(line["method"], **line["arguments"])
    came = _as_dict(story.operations[-1]) if len(story.operations) == line["n"] else {"events": "nothing"}
    for part in ("error", "result", "events"):
        ours, theirs = json.loads(json.dumps(came.get(part))), line[part]
        if ours != theirs:
            raise ValueError(
                f"{line['method']} gave the {part} {ours}, not {theirs}: load it with the kernel it was recorded on"
            )
