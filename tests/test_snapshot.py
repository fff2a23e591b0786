"""A machine comes back to an earlier state, and a copy has a state of its own."""

import copy
from collections import OrderedDict
from dataclasses import dataclass, field, fields, is_dataclass

import pytest

from mirrorlab import Machine, boot
from mirrorlab.machine.snapshot import Snapshot, copied
from mirrorlab.story.recording import random_operations


def everything(m: Machine):
    """All of a machine's state as values of its own."""
    return m.name, m.owners, plain(m.g)


def plain(value):
    if is_dataclass(value):
        names = [field.name for field in fields(value) if field.name not in ("g", "slab_cache")]  # they lead back
        return {name: plain(getattr(value, name)) for name in names}
    if isinstance(value, OrderedDict):
        return list(value)
    if isinstance(value, dict):
        return {key: plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [plain(each) for each in value]
    return bytes(value) if isinstance(value, bytearray) else set(value) if isinstance(value, set) else value


@pytest.fixture(params=["numa-numa-1", "split-merge-one-0", "fragmentation-small-0", "booted"])
def machine(request):
    return boot("toy-two-nodes") if request.param == "booted" else Machine.from_recording(request.param)


def change_everything(m):
    """Operations, settings and a failed request, so that nearly every field differs."""
    random_operations(m, 600, seed=5)
    m.sysctl("vm.min_free_kbytes", m.sysctl("vm.min_free_kbytes") * 2)
    while m.alloc_pages(4) is not None:
        pass
    assert m.oom_report is not None


def test_a_machine_comes_back_to_where_it_was(machine):
    before = everything(machine)
    there = machine.snapshot()
    change_everything(machine)
    assert everything(machine) != before
    machine.restore(there)
    assert everything(machine) == before
    machine.restore(there)
    assert everything(machine) == before


def test_after_coming_back_the_same_happens_again(machine):
    there = machine.snapshot()
    change_everything(machine)
    first = everything(machine)
    machine.restore(there)
    change_everything(machine)
    assert everything(machine) == first


def test_whoever_holds_a_zone_still_holds_it_after_coming_back(machine):
    zone, free_list = machine.zones[0], machine.zones[0].free_area[0].free_list[0]
    there = machine.snapshot()
    change_everything(machine)
    machine.restore(there)
    assert machine.zones[0] is zone
    assert zone.free_area[0].free_list[0] is free_list


@pytest.mark.parametrize("make", [Machine.copy, copy.deepcopy])
def test_a_copy_goes_its_own_way(machine, make):
    random_operations(machine, 300, seed=1)
    before = everything(machine)
    twin = make(machine)
    assert everything(twin) == before
    change_everything(twin)
    assert everything(machine) == before
    change_everything(machine)
    assert everything(machine) == everything(twin)


def test_a_copy_shares_nothing_that_changes(machine):
    random_operations(machine, 300, seed=1)
    ours = {id(thing) for thing, _ in machine.snapshot().kept}
    assert not ours.intersection(id(thing) for thing, _ in machine.copy().snapshot().kept)


def test_a_wrong_note_about_a_free_block_comes_back_too(machine):
    area = machine.zones[-1].free_area[0]
    area.buddy[7] = 2  # noted as a free block, and on no list
    there = machine.snapshot()
    area.buddy.clear()
    machine.restore(there)
    assert area.buddy[7] == 2


def test_a_copy_is_as_wrong_as_the_machine(machine):
    machine.zones[-1].free_area[0].buddy[7] = 2
    assert machine.copy().zones[-1].free_area[0].buddy[7] == 2


def test_the_snapshot_of_another_machine_is_refused(machine):
    with pytest.raises(ValueError, match="taken of another machine"):
        machine.restore(machine.copy().snapshot())


def test_tracing_is_no_state(machine):
    machine.g.trace = []
    there = machine.snapshot()
    machine.alloc_pages()
    happened = list(machine.g.trace)
    machine.restore(there)
    assert machine.g.trace == happened != []
    assert machine.copy().g.trace is None


@dataclass
class Slab:
    """New state of the model, which snapshot.py has never heard of."""

    cache: "Cache"
    free: list[int] = field(default_factory=list)


@dataclass
class Cache:
    slabs: dict[int, Slab] = field(default_factory=dict)
    current: Slab | None = None
    sizes: tuple[int, ...] = (8, 16)
    pair: tuple[Slab, ...] = ()


def test_new_classes_with_circles_are_covered():
    cache = Cache()
    cache.slabs[4] = cache.current = Slab(cache, [1, 2])
    cache.pair = (cache.current,)
    there = Snapshot(cache)
    (twin,) = copied(cache)
    assert twin.current is twin.slabs[4] is twin.pair[0] is not cache.current
    assert twin.current.cache is twin

    cache.slabs[4].free.pop()
    cache.slabs[5] = Slab(cache)
    cache.current = None
    there.restore()
    assert list(cache.slabs) == [4]
    assert cache.current is cache.slabs[4]
    assert cache.current.free == [1, 2]


def test_what_cannot_be_kept_is_refused():
    with pytest.raises(TypeError, match="no snapshot of a object: keep state in dataclasses"):
        Snapshot(Cache(slabs={1: object()}))
    with pytest.raises(TypeError, match="no snapshot of a object"):
        copied(Cache(slabs={1: object()}))
