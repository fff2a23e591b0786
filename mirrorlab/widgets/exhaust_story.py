"""A load on a machine whose story is recorded: run it in slices, stop it, go on from any point of the story.

The load itself does not go back in time with the machine. So its state is noted at places along the story. To go on
from a point, the load is brought there from the place before, on a copy of the machine.
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import NamedTuple

from mirrorlab.questions.explain import Explanation, explain
from mirrorlab.questions.load import Load, Run
from mirrorlab.story.recording import Operation, Recording

SLICE = 500  # operations without a pause: some 20 ms
PLACES_EVERY = 5_000  # operations of the load between two places


class Place(NamedTuple):
    """A point of the story at which the state of the load is known."""

    position: int
    last: Operation | None  # what led there. When something else does by now, the place is no longer part of the story.
    run: Run


class LoadStory:
    """A load, and the story of the machine it runs on. Whoever makes one closes it."""

    def __init__(self, story: Recording, load: Load) -> None:
        self.story = story
        self.stopping = False  # set it to have a run end after its slice
        self.moving = False  # whether it is this object that moves the machine just now
        self._explained: tuple[Operation | None, Explanation | None] = (None, None)
        self.begin(load)
        story.watchers.append(self._notice)

    def close(self) -> None:
        """Leave the story alone from now on."""
        self.stopping = True
        self.story.watchers.remove(self._notice)

    def begin(self, load: Load) -> None:
        """Begin anew, on the machine as it is."""
        self.run = Run(self.story.machine, load)
        self.places: list[Place] = []
        self._others: dict[int, Operation] = {}  # by id: operations that are not the load's
        self._newest = self._led_to(len(self.story.operations))
        self._note()

    def again(self, load: Load) -> bool:
        """Begin anew where the first run began; False: the story no longer leads there, so where the machine is."""
        first = self.places[0]
        back = self._led_to(first.position) is first.last
        if back:
            with self._moving():
                self.story.goto(first.position)
        self.begin(load)
        return back

    # -- Running --------------------------------------------------------------------------------------------------

    def slices(self, most: int, *, past_failures: bool = False) -> Iterator[None]:
        """Run on, for `most` operations or to the next request that finds no page; pause after each slice.

        It also ends when `stopping` is set, or somebody else moves the machine in a pause.
        """
        self.rejoin()
        last = self.run.operation + most
        try:
            while self.run.operation < last and not self.stopping and self.undisturbed:
                failure = self._slice(min(SLICE, last - self.run.operation), past_failures)
                if failure and not past_failures:
                    break
                yield
        finally:
            self.stopping = False
            self._end()

    def _slice(self, operations: int, past_failures: bool) -> bool:
        """Run on for so many operations; returns whether a request has found no page."""
        self._stands: tuple[int, Operation | None] | None = None  # should it be interrupted
        with self._moving():
            failure = self.run.advance(operations, past_failures=past_failures)
        self._stands = self._here()
        if self.run.operation - self.places[-1].run.operation >= PLACES_EVERY:
            self._note()
        return failure is not None

    def _end(self) -> None:
        if self._stands is None:  # interrupted in the middle of an operation, which the story has not kept
            self.rejoin()
        if self.undisturbed:
            self.run.sample()
            self._note()

    @property
    def undisturbed(self) -> bool:
        """Whether the machine stands where the load has left it."""
        position, last = self._here()
        return self._stands is not None and self._stands[0] == position and self._stands[1] is last

    # -- Going on from anywhere --------------------------------------------------------------------------------------

    def operation(self) -> int | None:
        """How many operations of the load led to where the machine is; None when the story went another way."""
        behind = self._behind()
        return behind[-1].run.operation + sum(map(self._is_ours, self._since(behind[-1]))) if behind else None

    def rejoin(self) -> None:
        """Bring the load to where the machine is, whatever has happened since it last ran."""
        if self.undisturbed:
            return
        behind = self._behind()
        if not behind:
            self.begin(self.run.load)
            return
        self.places = behind
        self.run = behind[-1].run.copy()
        self._make_again(self._since(behind[-1]), behind[-1].position)
        self._note()

    def _make_again(self, operations: list[Operation], start: int) -> None:
        """Let the load make operations again, on a copy of the machine as it was then; others' are carried out too."""
        story, run = self.story, self.run
        position = story.position
        with self._moving():
            try:
                story.goto(start)
                run.machine = story.machine.copy()
            finally:
                story.goto(position)
        for operation in operations:
            if self._is_ours(operation):
                run.advance(1, past_failures=True)
            else:
                with suppress(Exception):  # what it raised then
                    getattr(run.machine, operation.method)(**operation.arguments)
                run.forget_lost()
        run.machine = story.machine

    def _is_ours(self, operation: Operation) -> bool:
        return id(operation) not in self._others

    def _since(self, place: Place) -> list[Operation]:
        return self.story.operations[place.position : self.story.position]

    def _behind(self) -> list[Place]:
        """The places on the way to where the machine is."""
        here = self.story.position
        return [each for each in self.places if each.position <= here and self._led_to(each.position) is each.last]

    def _led_to(self, position: int) -> Operation | None:
        operations = self.story.operations
        return operations[position - 1] if 0 < position <= len(operations) else None

    def _here(self) -> tuple[int, Operation | None]:
        return self.story.position, self._led_to(self.story.position)

    def _note(self) -> None:
        self._stands = self._here()
        self.places.append(Place(*self._stands, self.run.copy()))

    # -- Who moves the machine -----------------------------------------------------------------------------------

    @contextmanager
    def _moving(self) -> Iterator[None]:
        self.moving = True
        try:
            yield
        finally:
            self.moving = False
            self._newest = self._led_to(len(self.story.operations))

    def _notice(self) -> None:
        """The machine has changed: remember what others did."""
        newest = self._led_to(len(self.story.operations))
        if not self.moving and newest is not None and newest is not self._newest:
            self._others[id(newest)] = self._newest = newest

    def explanation(self) -> Explanation | None:
        """Why the last request in the story found no page, whoever made it; None when it found one.

        To tell, the machine goes one operation back and on again.
        """
        last = self._led_to(self.story.position)
        if last is None or last.method != "alloc_pages" or last.result is not None or last.error:
            return None
        if self._explained[0] is not last:
            position = self.story.position
            asked = {name: value for name, value in last.arguments.items() if name != "who"}
            with self._moving():
                try:
                    self.story.goto(position - 1)
                    self._explained = last, explain(self.story.machine, **asked)
                finally:
                    self.story.goto(position)
        return self._explained[1]
