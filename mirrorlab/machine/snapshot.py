"""All state of a machine at one moment, to come back to, to copy, or to write down.

A snapshot lists every object that can be reached from the roots, each with a flat copy of its content. Coming back
puts the contents back into the same objects: whoever holds a zone still holds it. The model's classes need not know;
but what follows from the rest can be left out (NOT_STATE) when the class has a method `derive()` that finds it again.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import MISSING, fields, is_dataclass
from itertools import groupby
from operator import attrgetter
from typing import Any, NamedTuple

from mirrorlab.linux import Kernel

PLAIN = {int, str, bool, float, bytes, frozenset, range, type(None)}  # types of values that never change
NOT_STATE = {
    "trace",  # says how the machine is watched
    "buddy",  # follows from the lists
}


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
    return () if _is_plain(next(iter(content.values()), None)) else content.values()


def _is_plain(value: Any) -> bool:
    return type(value) in PLAIN or (isinstance(value, tuple) and all(map(_is_plain, value)))


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


def state_fields(cls: Any) -> list[str]:
    """The fields of a dataclass that belong to a machine's state."""
    return [field.name for field in fields(cls) if field.name not in NOT_STATE]


def _kind_of(cls: Any) -> Kind:
    """How the objects of a dataclass are kept. Raises TypeError for any other class."""
    if not is_dataclass(cls):
        raise TypeError(f"no snapshot of a {cls.__name__}: keep state in dataclasses, lists, dicts, sets, bytearrays")
    names = state_fields(cls)
    keep = attrgetter(*names) if len(names) > 1 else lambda thing: tuple(getattr(thing, name) for name in names)

    def fill(thing: Any, content: Iterable[Any]) -> None:
        for name, value in zip(names, content, strict=True):
            object.__setattr__(thing, name, value)  # also where the class is frozen

    return Kind(keep, fill, tuple, _each)


class Snapshot:
    """What the objects reachable from some roots hold at this moment. Values never copied: numbers, text, tuples."""

    def __init__(self, *roots: Any) -> None:
        self.roots = roots
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
                self.kinds[cls] = _kind_of(cls)
            kind = self.kinds[cls]
            content = kind.keep(thing)
            self.kept.append((thing, content))
            todo.extend(kind.inside(content))

    def restore(self) -> None:
        """Put everything back as it was, into the same objects."""
        for thing, content in self.kept:
            self.kinds[type(thing)].fill(thing, content)
        _derive(thing for thing, _ in self.kept)

    def copy(self) -> tuple[Any, ...]:
        """New roots in the state of this snapshot, which share nothing that changes with the old ones."""
        twins = {id(thing): _blank(type(thing)) for thing, _ in self.kept}

        def twin(value: Any) -> Any:
            return _through(value, twin) if isinstance(value, tuple) else twins.get(id(value), value)

        for thing, content in self.kept:
            kind = self.kinds[type(thing)]
            kind.fill(twins[id(thing)], kind.with_values(content, twin))
        _derive(twins.values())
        return tuple(map(twin, self.roots))


def _blank(cls: Any) -> Any:
    """An object without content; what is no state is as in a new one."""
    if cls in KINDS:
        return cls()
    thing = object.__new__(cls)
    for field in fields(cls):
        if field.name in NOT_STATE:
            fresh = field.default if field.default_factory is MISSING else field.default_factory()
            setattr(thing, field.name, fresh)
    return thing


def _derive(things: Iterable[Any]) -> None:
    """Find again what was left out because it follows from the rest."""
    for thing in things:
        if hasattr(thing, "derive"):
            thing.derive()


def _through(values: tuple[Any, ...], change: Callable[[Any], Any]) -> tuple[Any, ...]:
    """A tuple with each value changed; the same tuple when nothing changed (and so it keeps its class)."""
    changed = tuple(map(change, values))
    return values if all(new is old for new, old in zip(changed, values, strict=True)) else changed


# -- As JSON ----------------------------------------------------------------------------------------------------


def to_json(snapshot: Snapshot) -> dict[str, Any]:
    """A snapshot as JSON: each object as [class, content]. {"at": n} stands for object n, {"of": [...]} for a tuple."""
    number = {id(thing): n for n, (thing, _) in enumerate(snapshot.kept)}

    def plain(value: Any) -> Any:
        if isinstance(value, tuple):
            return {"of": [plain(each) for each in value]}
        return {"at": number[id(value)]} if id(value) in number else value

    def content_of(cls: Any, content: Any) -> Any:
        if cls is dict:
            return [[key, plain(value)] for key, value in content.items()]
        if cls is bytearray:
            return [[value, len(list(run))] for value, run in groupby(content)]
        if cls is set:
            content = sorted(content)
        if is_dataclass(cls):
            return dict(zip(state_fields(cls), map(plain, content), strict=True))
        return [plain(value) for value in content]

    objects = [[_name(type(thing)), content_of(type(thing), content)] for thing, content in snapshot.kept]
    return {"roots": [plain(root) for root in snapshot.roots], "objects": objects}


def from_json(value: Any, kernel: Kernel) -> tuple[Any, ...]:
    """The roots of a snapshot written by `to_json`, made of the classes of a loaded kernel.

    Raises ValueError, LookupError, TypeError or AttributeError when the value is something else.
    """
    classes = [_class(name, kernel) for name, _ in value["objects"]]
    things = [_blank(cls) for cls in classes]

    def real(each: Any) -> Any:
        if not isinstance(each, dict):
            return each
        return tuple(map(real, each["of"])) if "of" in each else things[each["at"]]

    for cls, thing, (name, content) in zip(classes, things, value["objects"], strict=True):
        if cls is dict:
            thing.update((key, real(each)) for key, each in content)
        elif cls is bytearray:
            for each, count in content:
                thing += bytes([each]) * count
        elif is_dataclass(cls):
            if sorted(content) != sorted(state_fields(cls)):
                raise ValueError(f"{name} has other fields in this version")
            _kind_of(cls).fill(thing, [real(content[field]) for field in state_fields(cls)])
        else:
            KINDS[cls].fill(thing, map(real, content))
    _derive(things)
    return tuple(map(real, value["roots"]))


def _name(cls: type) -> str:
    """What a class is called in JSON: list, or mmzone.Zone."""
    return cls.__name__ if cls in KINDS else f"{cls.__module__.rsplit('.', 1)[-1]}.{cls.__name__}"


def _class(name: str, kernel: Kernel) -> Any:
    for cls in KINDS:
        if cls.__name__ == name:
            return cls
    module, _, word = name.partition(".")
    cls = getattr(getattr(kernel, module), word)
    if not (isinstance(cls, type) and is_dataclass(cls)):
        raise ValueError(f"{name} is no class of the model")
    return cls
