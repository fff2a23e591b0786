"""All state of a machine at one moment, to come back to; and the one copier.

A snapshot lists every object that can be reached from the roots, each with a flat copy of its content. Coming back
puts the contents back into the same objects: whoever holds a zone still holds it. The model's classes need not know.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import fields, is_dataclass
from functools import lru_cache
from operator import attrgetter
from typing import Any, NamedTuple

PLAIN = {int, str, bool, float, bytes, frozenset, range, type(None)}  # types of values that never change
NOT_STATE = {"trace"}  # fields that say how the machine is watched


class Kind(NamedTuple):
    """How the objects of one type are kept."""

    keep: Callable[[Any], Any]
    """A flat copy of an object's content."""
    fill: Callable[[Any, Any], None]
    """Put a content back into an object."""
    inside: Callable[[Any], Iterable[Any]]
    """The values in a content that may have state of their own."""


def _fill_list_head(head: Any, pfns: Iterable[int]) -> None:
    head.clear()
    for pfn in pfns:  # three times as fast as update()
        head[pfn] = None


def _fill_list(target: Any, content: Any) -> None:
    target[:] = content


def _fill(target: Any, content: Any) -> None:
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


KINDS: dict[type, Kind] = {
    OrderedDict: Kind(tuple, _fill_list_head, _nothing),  # a list of the kernel (linux/list.py), tail first
    dict: Kind(dict.copy, _fill, _values),
    list: Kind(tuple, _fill_list, tuple),
    set: Kind(frozenset, _fill, _nothing),
    bytearray: Kind(bytes, _fill_list, _nothing),
}


@lru_cache(maxsize=256)
def state_fields(cls: Any) -> tuple[str, ...]:
    """The fields of a dataclass that belong to a machine's state. Raises TypeError for any other class."""
    if not is_dataclass(cls):
        raise TypeError(f"no snapshot of a {cls.__name__}: keep state in dataclasses, lists, dicts, sets, bytearrays")
    return tuple(field.name for field in fields(cls) if field.name not in NOT_STATE)


@lru_cache(maxsize=256)
def kind_of(cls: Any) -> Kind:
    """How the objects of a class are kept. Raises TypeError for a class that cannot be kept."""
    if cls in KINDS:
        return KINDS[cls]
    names = state_fields(cls)
    keep = attrgetter(*names) if len(names) > 1 else lambda thing: tuple(getattr(thing, name) for name in names)

    def fill(thing: Any, content: Iterable[Any]) -> None:
        for name, value in zip(names, content, strict=True):
            object.__setattr__(thing, name, value)  # also where the class is frozen

    return Kind(keep, fill, tuple)


class Snapshot:
    """What the objects reachable from some roots hold at this moment. Values never copied: numbers, text, tuples."""

    def __init__(self, *roots: Any) -> None:
        self.roots = roots
        self.kept: list[tuple[Any, Any]] = []  # (object, content)
        seen = set()
        todo: list[Any] = list(roots)
        while todo:
            thing = todo.pop()
            cls = thing.__class__
            if cls in PLAIN or id(thing) in seen:
                continue
            if isinstance(thing, tuple):
                todo.extend(thing)
                continue
            seen.add(id(thing))
            kind = kind_of(cls)
            content = kind.keep(thing)
            self.kept.append((thing, content))
            todo.extend(kind.inside(content))

    def restore(self) -> None:
        """Put everything back as it was, into the same objects."""
        for thing, content in self.kept:
            kind_of(thing.__class__).fill(thing, content)


def copied(*roots: Any) -> tuple[Any, ...]:
    """The roots once more, with all that can be reached from them: they share nothing that changes with the old ones.

    Raises TypeError as a snapshot does.
    """
    twins: dict[int, Any] = {}
    return tuple([_copied(root, twins) for root in roots])


def _copied(value: Any, twins: dict[int, Any]) -> Any:
    """A copy. twins: what has been copied before, by id."""
    cls = value.__class__
    if cls in PLAIN:
        return value
    if id(value) in twins:
        return twins[id(value)]
    twin: Any
    if isinstance(value, tuple):
        twin = value if is_plain(value) else tuple([_copied(each, twins) for each in value])
    elif cls is dict:
        twin = {key: _copied(each, twins) for key, each in value.items()} if _values(value) else value.copy()
    elif cls in KINDS:
        is_flat = PLAIN.issuperset(map(type, value))
        twin = value.copy() if is_flat else cls([_copied(each, twins) for each in value])
    else:
        names = state_fields(cls)
        twin = twins[id(value)] = blank(cls)
        for name in names:
            part = getattr(value, name)
            object.__setattr__(twin, name, part if part.__class__ in PLAIN else _copied(part, twins))
    twins[id(value)] = twin
    return twin


def blank(cls: Any) -> Any:
    """An object without content; what is no state is as in a new one."""
    if cls in KINDS:
        return cls()
    thing = object.__new__(cls)
    for name, value in _left_out(cls):
        object.__setattr__(thing, name, value)
    return thing


@lru_cache(maxsize=256)
def _left_out(cls: Any) -> list[tuple[str, Any]]:
    """The fields of a dataclass that are no state, with their first values."""
    return [(field.name, field.default) for field in fields(cls) if field.name in NOT_STATE]
