"""All state of a machine at one moment, to come back to or to copy.

A snapshot lists every object that can be reached from the roots, each with a flat copy of its content. Coming back
puts the contents back into the same objects: whoever holds a zone still holds it. The model's classes need not know;
but what follows from the rest can be left out (DERIVED) when the class has a method `derive()` that finds it again.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import MISSING, fields, is_dataclass
from operator import attrgetter
from typing import Any, NamedTuple

PLAIN = {int, str, bool, float, bytes, frozenset, range, type(None)}  # types of values that never change
NOT_STATE = {"trace"}  # says how the machine is watched
DERIVED = {"buddy"}  # follows from the lists, unless a learner's function has left it wrong


class Kind(NamedTuple):
    """How the objects of one type are kept."""

    keep: Callable[[Any], Any]
    """A flat copy of an object's content."""
    fill: Callable[[Any, Any], None]
    """Put a content back into an object."""
    inside: Callable[[Any], Iterable[Any]]
    """The values in a content that may have state of their own."""
    with_values: Callable[[Any, Callable[[Any], Any]], Any]
    """The same content with each of those values changed by a function."""


def _fill_list_head(head: Any, pfns: Iterable[int]) -> None:
    head.clear()
    for pfn in pfns:
        head[pfn] = None


def _fill_dict(target: dict[Any, Any], content: dict[Any, Any]) -> None:
    target.clear()
    target.update(content)


def _fill_list(target: Any, content: Any) -> None:
    target[:] = content


def _fill_set(target: set[Any], content: frozenset[Any]) -> None:
    target.clear()
    target.update(content)


def _values(content: dict[Any, Any]) -> Iterable[Any]:
    # The values of a dict are all of one kind, so the first one tells. There are dicts with one entry per page.
    return () if is_plain(next(iter(content.values()), None)) else content.values()


def is_plain(value: Any) -> bool:
    """Whether a value never changes."""
    return type(value) in PLAIN or (isinstance(value, tuple) and all(map(is_plain, value)))


def _nothing(content: Any) -> Iterable[Any]:
    return ()


def _same(content: Any, change: Callable[[Any], Any]) -> Any:
    return content


def _each(content: Iterable[Any], change: Callable[[Any], Any]) -> tuple[Any, ...]:
    return tuple(map(change, content))


def _each_value(content: dict[Any, Any], change: Callable[[Any], Any]) -> dict[Any, Any]:
    return {key: change(value) for key, value in content.items()} if _values(content) else content


KINDS: dict[type, Kind] = {
    OrderedDict: Kind(tuple, _fill_list_head, _nothing, _same),  # a list of the kernel (linux/list.py), tail first
    dict: Kind(dict.copy, _fill_dict, _values, _each_value),
    list: Kind(tuple, _fill_list, tuple, _each),
    set: Kind(frozenset, _fill_set, _nothing, _same),
    bytearray: Kind(bytes, _fill_list, _nothing, _same),
}


def state_fields(cls: Any, whole: bool = False) -> list[str]:
    """The fields of a dataclass that belong to a machine's state. whole: also those that follow from the others."""
    left_out = NOT_STATE if whole else NOT_STATE | DERIVED
    return [field.name for field in fields(cls) if field.name not in left_out]


def kind_of(cls: Any, whole: bool = False) -> Kind:
    """How the objects of a class are kept. Raises TypeError for a class that cannot be kept."""
    if cls in KINDS:
        return KINDS[cls]
    if not is_dataclass(cls):
        raise TypeError(f"no snapshot of a {cls.__name__}: keep state in dataclasses, lists, dicts, sets, bytearrays")
    names = state_fields(cls, whole)
    keep = attrgetter(*names) if len(names) > 1 else lambda thing: tuple(getattr(thing, name) for name in names)

    def fill(thing: Any, content: Iterable[Any]) -> None:
        for name, value in zip(names, content, strict=True):
            object.__setattr__(thing, name, value)  # also where the class is frozen

    return Kind(keep, fill, tuple, _each)


class Snapshot:
    """What the objects reachable from some roots hold at this moment. Values never copied: numbers, text, tuples."""

    def __init__(self, *roots: Any, whole: bool = False) -> None:
        """whole: keep what follows from the rest too, as it is, because it may be wrong."""
        self.roots = roots
        self.whole = whole
        self.kinds = dict(KINDS)
        self.kept: list[tuple[Any, Any]] = []  # (object, content)
        seen = set()
        todo: list[Any] = list(roots)
        while todo:
            thing = todo.pop()
            cls = type(thing)
            if cls in PLAIN or id(thing) in seen:
                continue
            if isinstance(thing, tuple):
                todo.extend(thing)
                continue
            seen.add(id(thing))
            if cls not in self.kinds:
                self.kinds[cls] = kind_of(cls, whole)
            kind = self.kinds[cls]
            content = kind.keep(thing)
            self.kept.append((thing, content))
            todo.extend(kind.inside(content))

    def restore(self) -> None:
        """Put everything back as it was, into the same objects."""
        for thing, content in self.kept:
            self.kinds[type(thing)].fill(thing, content)
        if not self.whole:
            derive(thing for thing, _ in self.kept)

    def copy(self) -> tuple[Any, ...]:
        """New roots in the state of this snapshot, which share nothing that changes with the old ones."""
        twins = {id(thing): blank(type(thing)) for thing, _ in self.kept}

        def twin(value: Any) -> Any:
            return _through(value, twin) if isinstance(value, tuple) else twins.get(id(value), value)

        for thing, content in self.kept:
            kind = self.kinds[type(thing)]
            kind.fill(twins[id(thing)], kind.with_values(content, twin))
        if not self.whole:
            derive(twins.values())
        return tuple(map(twin, self.roots))


def blank(cls: Any) -> Any:
    """An object without content; what a snapshot leaves out is as in a new one."""
    if cls in KINDS:
        return cls()
    thing = object.__new__(cls)
    for field in fields(cls):
        if field.name in NOT_STATE | DERIVED:
            fresh = field.default if field.default_factory is MISSING else field.default_factory()
            object.__setattr__(thing, field.name, fresh)
    return thing


def derive(things: Iterable[Any]) -> None:
    """Find again what was left out because it follows from the rest."""
    for thing in things:
        if hasattr(thing, "derive"):
            thing.derive()


def _through(values: tuple[Any, ...], change: Callable[[Any], Any]) -> tuple[Any, ...]:
    """A tuple with each value changed; the same tuple when nothing changed (and so it keeps its class)."""
    changed = tuple(map(change, values))
    return values if all(new is old for new, old in zip(changed, values, strict=True)) else changed
