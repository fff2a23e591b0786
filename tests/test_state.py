"""All that a machine holds as JSON: it comes back as it was, and what is no memory is refused."""

import json
from dataclasses import dataclass

import pytest
from test_snapshot import change_everything, everything, plain

from mirrorlab import Machine, boot, linux
from mirrorlab.course.judge.log import digest
from mirrorlab.machine.snapshot import Snapshot
from mirrorlab.oracle import state

CASES = ["numa-numa-1", "split-merge-one-0", "slab-one-0", "slab-SLAB-c_one-0", "slab-SLOB-d_one-2"]


@pytest.fixture(params=[*CASES, "booted"])
def machine(request):
    machine = boot("toy-two-nodes") if request.param == "booted" else Machine.from_recording(request.param)
    change_everything(machine)
    return machine


def through_json(value):
    return json.loads(json.dumps(value))


def zones_of(machine, g):
    return list(machine.kernel.mmzone.for_each_zone(g))


def test_a_machine_survives_being_written_down(machine):
    g, owners, objects = state.load(through_json(state.dump(machine.snapshot())), machine.kernel)
    again = Machine(machine.kernel, g, machine.name)
    again._owners = owners
    assert everything(again) == everything(machine)
    assert objects == machine._objects
    assert state.dump([g]) == state.dump([machine.g])


def test_what_is_written_down_of_one_kernel_is_read_into_another(machine):
    config = {name: value for name, value in vars(machine.kernel.kconfig).items() if name.isupper()}
    kernel = linux.load(config=config)
    (g,) = state.load(through_json(state.dump([machine.g])), kernel)
    assert type(g) is kernel.mmzone.Globals
    assert plain(g) == plain(machine.g)


def test_a_wrong_note_about_a_free_block_is_seen_in_a_dump(machine):
    machine.zones[-1].free_area[0].buddy[7] = 2
    for dump in (state.dump([machine.g]), state.dump(Snapshot(machine.g))):
        g = state.load(through_json(dump), machine.kernel)[0]
        assert zones_of(machine, g)[-1].free_area[0].buddy.get(7) == 2


def test_free_lists_keep_their_order(machine):
    (g,) = state.load(through_json(state.dump([machine.g])), machine.kernel)
    for zone, again in zip(machine.zones, zones_of(machine, g), strict=True):
        for area, other in zip(zone.free_area, again.free_area, strict=True):
            assert [list(pages) for pages in other.free_list] == [list(pages) for pages in area.free_list]


@dataclass
class Theirs:
    pages: int


@pytest.mark.parametrize("value", [object(), b"bytes", range(3), frozenset(), print])
def test_what_is_no_state_cannot_be_written_down(value):
    with pytest.raises(ValueError, match=r"cannot be written down|no snapshot of a"):
        state.dump([[value]])


def test_a_tuple_that_is_too_deep_cannot_be_written_down():
    value = ()
    for _ in range(50):
        value = (value,)
    with pytest.raises(ValueError, match="cannot be written down"):
        state.dump([[value]])


def test_a_class_that_is_not_the_models_cannot_be_read():
    with pytest.raises(ValueError, match=r"'test_state\.Theirs' is no class of the model"):
        state.load(through_json(state.dump([Theirs(5)])), linux.load())


# -- Hostile values -----------------------------------------------------------------------------------------------


def memory(*objects, roots=(), **more):
    return {"roots": list(roots), "objects": list(objects), **more}


def nested(depth, inner):
    for _ in range(depth):
        inner = {"of": [inner]}
    return inner


MIRROR_INFO = {"node": 0, "start": 0, "size": 4096}


@pytest.mark.parametrize(
    ("value", "says"),
    [
        (None, "a memory has lists of roots and objects; here is None"),
        ([], "a memory has lists of roots and objects"),
        ({"roots": []}, "a memory has lists of roots and objects"),
        ({"roots": 5, "objects": []}, "a memory has lists of roots and objects"),
        ({"roots": [], "objects": {}}, "a memory has lists of roots and objects"),
        (memory(7), r"an object is \[class, content\]; here is 7"),
        (memory(["list"]), r"an object is \[class, content\]"),
        (memory(["os.system", []]), "'os.system' is no class of the model"),
        (memory(["mmzone.bisect_left", []]), "'mmzone.bisect_left' is no class"),
        (memory(["mmzone.Zone.g", {}]), "'mmzone.Zone.g' is no class"),
        (memory(["mmzone.__builtins__", {}]), "'mmzone.__builtins__' is no class"),
        (memory(["Kernel", {}]), "'Kernel' is no class"),
        (memory([["list"], []]), r"\['list'\] is no class"),
        (memory(["x" * 10**6, []]), "is no class"),
        (memory(["tuple", []]), "'tuple' is no class"),
        (memory(["mmzone.MirrorInfo", []]), "mmzone.MirrorInfo has other fields in this version; here is"),
        (memory(["mmzone.MirrorInfo", {"node": 0}]), r"other fields in this version; here is \['size', 'start'\]"),
        (memory(["mmzone.MirrorInfo", {**MIRROR_INFO, "__class__": 1}]), r"here is \['__class__'\]"),
        (memory(["list", {"a": 1}]), "the content of a list is something else"),
        (memory(["dict", 3]), "the content of a dict is something else"),
        (memory(["dict", [3]]), r"an entry of a dict is \[key, value\]; here is 3"),
        (memory(["dict", [[{"at": 0}, 1]]]), "a key is a number, a text or a tuple of them"),
        (memory(["set", [{"of": [{"at": 0}]}]]), "a key is a number"),
        (memory(["OrderedDict", [[1]]]), "stands for no value"),
        (memory(["list", [[1]]]), r"\[1\] stands for no value"),
        (memory(["list", [{"at": 1}]]), "{'at': 1} stands for no value"),
        (memory(["list", [{"at": -1}]]), "stands for no value"),
        (memory(["list", [{"at": True}]]), "stands for no value"),
        (memory(["list", [{"of": 1}]]), "stands for no value"),
        (memory(["list", [{"at": 0, "of": []}]]), "stands for no value"),
        (memory(["list", [nested(900, 1)]]), "stands for no value"),
        (memory(roots=[nested(900, 1)]), "stands for no value"),
        (memory(roots=[{"at": 0}]), "stands for no value"),
        (memory(["bytearray", "abc"]), "non-hexadecimal number"),
        (memory(["bytearray", "5"]), "non-hexadecimal number"),
        (memory(["bytearray", 5]), "the content of a bytearray is something else; here is 5"),
        (memory(["bytearray", ["a"]]), "the content of a bytearray is something else"),
    ],
)  # fmt: skip
def test_a_hostile_value_is_refused_with_a_short_sentence(value, says):
    with pytest.raises(ValueError, match=says) as refused:
        state.load(value, linux.load())
    assert type(refused.value) is ValueError
    assert len(str(refused.value)) < 300


def test_a_broken_part_of_a_true_dump_is_refused_or_read():
    """Objects' classes or contents changed into something else: a ValueError, or a memory, and nothing else."""
    machine = Machine.from_recording("slab-one-0")
    true = through_json(state.dump([machine.g]))
    firsts = {name: number for number, (name, _) in reversed([*enumerate(true["objects"])])}
    assert len(firsts) > 10
    for number in firsts.values():
        name, content = true["objects"][number]
        refused = 0
        for wrong in ([name, 5], [name, []], [name, {}], ["list", content], ["mmzone.Zone", content], [5, content]):
            objects = [*true["objects"]]
            objects[number] = wrong
            try:
                state.load({**true, "objects": objects}, machine.kernel)
            except ValueError:
                refused += 1
        assert refused >= 3


def test_a_memory_that_was_read_has_the_digest_of_the_one_that_was_written(machine):
    """The judge of exercises knows a memory again by its digest."""
    (g,) = state.load(through_json(state.dump([machine.g])), machine.kernel)
    assert digest(g) == digest(machine.g)
    g.node_data[0].node_zones[0].flags ^= 32
    assert digest(g) != digest(machine.g)
