"""Machine descriptions: what a good one says, and one sentence for each kind of bad one."""

import contextlib
import copy
import json
import re
from pathlib import Path

import pytest
from boots import G4, LOW, MIB, RELIABLE, machine
from hypothesis import given, settings
from hypothesis import strategies as st

from mirrorlab import BadDescription, boot, linux, presets
from mirrorlab.machine import firmware

DATA = Path(__file__).parent / "data"
EXPECTED = json.loads((DATA / "maps" / "expected.json").read_text())  # what Linux printed for each of them
GOOD = (G4, 64 * MIB)


def test_sizes_are_bytes_or_texts():
    assert firmware.size_of(4096, "x") == 4096
    assert firmware.size_of("0x100400000", "x") == 0x100400000
    assert firmware.size_of("4 GiB + 8 MiB", "x") == (4 << 30) + (8 << 20)
    assert firmware.size_of("640KiB", "x") == 640 << 10


def test_an_entry_ends_where_its_size_or_its_end_says():
    by_size = firmware.load({"memory": [{"start": "1 MiB", "size": "3 MiB"}]})
    assert by_size.memory == firmware.load({"memory": [{"start": "1 MiB", "end": "4 MiB"}]}).memory


def test_mirrored_is_what_has_the_bit_more_reliable():
    description = firmware.load(
        machine(*LOW, (*GOOD, {"attribute": 0x1000F}), (G4 + 64 * MIB, MIB, {"attribute": 0xF}))
    )
    assert [entry.mirrored for entry in description.memory] == [False, False, True, False]


def test_every_preset_boots_and_has_a_summary():
    assert len(presets()) >= 7
    for name in presets():
        assert firmware.load(name).summary
        assert sum(zone.managed_pages for zone in boot(name).zones) > 1000


# -- Maps as firmware makes them -------------------------------------------------------------------------------------


def firmware_lines(m):
    """Where the log says what the firmware told, as (first byte, words after the range)."""
    found = re.findall(r"^BIOS-e820: \[mem (0x\w+)-0x\w+\] (.*)$", m.proc("dmesg"), re.M)
    return [(int(start, 16), what) for start, what in found]


@pytest.mark.parametrize("name", EXPECTED)
def test_a_real_map_boots_as_it_is_and_gives_the_pages_that_linux_printed(name):
    m = boot(DATA / "maps" / f"{name}.toml")
    log = m.proc("dmesg")
    assert f"On node 0 totalpages: {EXPECTED[name]['totalpages']}\n" in log
    zones = EXPECTED[name]["zones"]
    assert re.findall(r"^  (\w+) zone: (\d+) pages used for memmap$", log, re.M) == [
        (zone, str(pages["memmap"])) for zone, pages in zones.items()
    ]
    assert re.findall(r"^  (\w+) zone: (\d+) pages, LIFO batch:", log, re.M) == [
        (zone, str(pages["pages"])) for zone, pages in zones.items()
    ]
    assert {zone.name: zone.present_pages for zone in m.zones} == {
        zone: pages["pages"] for zone, pages in zones.items()
    }


def test_a_byte_order_mark_is_read_over(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text('[[memory]]\nstart = "4 GiB"\nsize = "64 MiB"\n', encoding="utf-8-sig")
    assert boot(path).zone("Normal").present_pages == 64 * MIB // 4096


def test_only_whole_pages_of_unaligned_memory_are_used():
    m = boot(DATA / "machines" / "e820_unaligned.toml")
    assert m.zone("DMA").present_pages == (0x9F - 1) + 15 * MIB // 4096
    assert firmware_lines(m) == [(0, "usable"), (0x9FC00, "reserved"), (MIB, "usable")]
    m = boot(machine(*LOW, (G4 + 1, 3 * 4096), (G4 + 1 + 3 * 4096, 4 * MIB)))  # the page they share is whole
    assert m.zone("Normal").present_pages == 2 + 4 * MIB // 4096


def test_reserving_a_byte_takes_its_page():
    free = [
        sum(zone.managed_pages for zone in boot(machine(*LOW, GOOD, reserved=reserved)).zones)
        for reserved in ([], [{"start": G4 + 4095, "size": 2}], [{"start": G4, "size": 0}])
    ]
    assert [free[0] - pages for pages in free] == [0, 2, 0]


def test_where_entries_overlap_the_higher_type_holds_and_empty_ones_are_nothing():
    m = boot(machine(*LOW, (G4, 64 * MIB), (G4 + 32 * MIB, 8 * MIB, {"type": "ACPI NVS"}), (G4, 0), map="e820"))
    assert firmware_lines(m)[2:] == [(G4, "usable"), (G4 + 32 * MIB, "ACPI NVS"), (G4 + 40 * MIB, "usable")]
    assert m.zone("Normal").present_pages == 56 * MIB // 4096


@pytest.mark.parametrize(
    ("kind", "what"),
    [
        *[(name, name) for name in ("reserved", "ACPI data", "ACPI NVS", "unusable")],
        *[("persistent (type 7)", "persistent (type 7)"), (12, "persistent (type 12)"), (2, "reserved")],
        *[(6, "type 6"), (20, "type 20")],
    ],
)
def test_an_e820_map_has_its_own_types_by_name_and_by_number(kind, what):
    m = boot(machine(*LOW, GOOD, (G4 + 64 * MIB, MIB, {"type": kind}), map="e820"))
    assert firmware_lines(m)[-1] == (G4 + 64 * MIB, what)
    assert m.zone("Normal").present_pages == 64 * MIB // 4096


def test_every_efi_type_is_known_by_name_and_by_number():
    assert len(firmware.EFI_TYPES) == 15
    for number, kind in enumerate(firmware.EFI_TYPES):
        by_name, by_number = (
            firmware_lines(boot(machine(*LOW, GOOD, (G4 + 65 * MIB, MIB, {"type": each})))) for each in (kind, number)
        )
        assert by_name == by_number
        usable = kind in ("LoaderCode", "LoaderData", "BootServicesCode", "BootServicesData", "ConventionalMemory")
        assert (by_name[-1][1] == "usable") == usable
    assert firmware_lines(boot(machine(*LOW, GOOD, (G4 + 65 * MIB, MIB, {"type": 14}))))[-1][1] == "persistent (type 7)"


def test_protected_neighbours_stay_apart_and_all_others_become_one():
    for kind, lines in (("persistent (type 12)", 2), ("reserved", 1)):
        pieces = [(G4 + at * MIB, MIB, {"type": kind}) for at in (64, 65)]
        assert len(firmware_lines(boot(machine(*LOW, GOOD, *pieces, map="e820")))) == 3 + lines


def test_neighbours_are_merged_before_they_are_counted():
    assert len(firmware_lines(boot(DATA / "machines" / "efi_140_adjacent.toml"))) == 1
    for more in ({}, {"attribute": RELIABLE}):
        m = boot(machine(*LOW, *((G4 + at * MIB, MIB, more) for at in range(330))))
        assert m.zone("Normal").present_pages == 330 * MIB // 4096
    assert [(info.start, info.size) for info in m.g.mirror_info] == [(G4, 330 * MIB)]


def test_a_mirrored_entry_need_not_be_memory():
    m = boot(machine(*LOW, GOOD, (G4 + 64 * MIB, MIB, {"type": "RuntimeServicesData", "attribute": RELIABLE})))
    assert [info.start for info in m.g.mirror_info] == [G4 + 64 * MIB]
    assert m.zone("Normal").present_pages == 64 * MIB // 4096


def test_what_is_not_memory_may_lie_anywhere():
    m = boot(machine(*LOW, GOOD, (1 << 63, 1 << 63, {"type": "MemoryMappedIO"})))
    assert firmware_lines(m)[-1] == (1 << 63, "reserved")


def test_the_command_line_may_bring_all_the_memory():
    assert boot({}, "memmap=64M@1M").zone("DMA32").present_pages == 49 * MIB // 4096


# -- Nodes -----------------------------------------------------------------------------------------------------------


def test_a_cpu_may_be_on_a_node_without_memory():
    m = boot(machine(*LOW, GOOD, cpus=[0, 1], distances=[[10, 20], [20, 10]]))
    assert (list(m.g.node_data), m.g.cpu_to_node) == ([0], [0, 0])
    nodes = (*LOW, (G4, 8 * MIB, {"node": 1}), (G4 + 8 * MIB, 8 * MIB, {"node": 2}))
    m = boot(
        machine(*nodes, cpus=[0, 3], distances=[[10] + [20] * 3, [20, 10, 20, 20], [20, 20, 10, 20], [30, 25, 15, 10]])
    )
    assert m.g.cpu_to_node == [0, 2]  # the nearest
    assert boot(machine(*nodes, cpus=[0, 3], distances=[[10]])).g.cpu_to_node == [0, 0]  # unknown distances are 20


def test_all_memory_may_be_on_a_node_that_is_not_the_first():
    m = boot(machine(*((start, size, {"node": 1}) for start, size in LOW), cpus=[0, 1]))
    assert (list(m.g.node_data), m.g.cpu_to_node) == ([1], [1, 1])
    assert m.alloc_pages(0) is not None


def test_a_small_node_exists_if_it_reaches_far_enough():
    m = boot(machine(*LOW, (G4, MIB, {"node": 1}), (G4 + 7 * MIB, MIB, {"node": 1})))
    assert m.zone("Normal", 1).present_pages == 2 * MIB // 4096


def test_nodes_that_claim_the_same_memory_are_forgotten_as_in_linux():
    m = boot(machine(*LOW, GOOD, (G4 + 32 * MIB, 64 * MIB, {"node": 1})))
    assert list(m.g.node_data) == [0]
    overlap = "NUMA: node 0 [mem 0x100000000-0x103ffffff] overlaps with node 1 [mem 0x102000000-0x105ffffff]\n"
    assert overlap in m.proc("dmesg")


def test_memory_that_no_node_has_is_named_in_one_sentence():
    path = DATA / "machines" / "numa_memmap_bug.toml"
    cmdline = path.read_text().split('"')[1]
    sentence = (
        r"from 0x1000 to 0xa0000 is on no node: the command line 'memmap=exactmap .*' adds it; leave that part out$"
    )
    with pytest.raises(BadDescription, match=sentence):
        boot(path, cmdline)
    assert len(boot(path).g.node_data) == 2


# -- Bad descriptions ------------------------------------------------------------------------------------------------


def test_a_machine_whose_memory_is_all_reserved_is_refused():
    with pytest.raises(BadDescription, match=r"^allres: all memory is reserved: leave the kernel some$"):
        boot(DATA / "machines" / "allres.toml")


BAD = {
    "reversed": (
        {"memory": [{"start": "8 MiB", "end": "4 MiB"}]},
        r"memory entry 1 \(start 8 MiB\) is reversed: .*0x400000",
    ),
    "no whole page": (machine((0, 4096), (MIB + 1, 8190)), r"no whole page of memory is left for the kernel"),
    "all reserved": (machine(GOOD, reserved=[{"start": 0, "end": 1 << 64}]), r"all memory is reserved"),
    "more mirrored ranges than the table holds": (
        machine(*LOW, *((G4 + at * 8 * MIB, 4 * MIB, {"attribute": RELIABLE}) for at in range(65))),
        r"65 mirrored ranges are too many: the kernel's table holds 64",
    ),
    "too many ranges": (
        machine(*((G4 + at * 8 * MIB, MIB) for at in range(321))),
        r"321 ranges of memory are too many: the kernel's table holds 320",
    ),
    "unknown key": ({**machine(GOOD), "colour": 1}, r"has the unknown key 'colour': use one of cmdline, config, "),
    "unknown key of an entry": (machine((*GOOD, {"colour": 1})), r"memory entry 1 .* has the unknown key 'colour'"),
    "node too small": (
        machine(*LOW, GOOD, (G4 + 64 * MIB, MIB, {"node": 1})),
        r"the memory from 0x104000000 to 0x104100000 is on no node: Linux drops a node of less than 4 MiB",
    ),
    "unknown node": (machine((*GOOD, {"node": 64})), r"is on node 64: the kernel knows nodes 0 to 63"),
    "CPU of an unknown node": (machine(GOOD, cpus=[0, 64]), r"CPU 1 is on node 64: the kernel knows nodes 0 to 63"),
    "no memory at all": ({"summary": "nothing"}, r"there is no memory at all; add a \[\[memory\]\] entry"),
    "only reserved memory": (machine((*GOOD, {"type": "UnusableMemory"})), r"there is no memory at all"),
    "no CPU": (machine(GOOD, cpus=[]), r"cpus is empty"),
    "too many CPUs": (machine(GOOD, cpus=[0] * 8193), r"8193 CPUs are too many: the kernel's table holds 8192"),
    "unknown type": (
        machine((*GOOD, {"type": "RAM"})),
        r"memory entry 1 .* unknown type 'RAM': use one of Reserved.*, PersistentMemory, or the numbers 0 to 14",
    ),
    "type with no number": (machine((*GOOD, {"type": 15})), r"unknown type 15: use one of"),
    "type that is no name": (machine((*GOOD, {"type": ["reserved"]}), map="e820"), r"or any number, such as 20"),
    "unknown map": (machine(GOOD, map="bios"), r"map is 'bios': write 'efi' or 'e820'"),
    "attribute in an e820 map": (machine((*GOOD, {"attribute": 1}), map="e820"), r"only an EFI map has them"),
    "no size": ({"memory": [{"start": 0}]}, r"memory entry 1 \(start 0\) needs a start, and either a size or an end"),
    "size and end": ({"memory": [{"start": 0, "size": 4096, "end": 4096}]}, r"either a size or an end"),
    "no number": (
        {"memory": [{"start": "four", "size": 4096}]},
        r"start is 'four': write whole bytes, KiB, MiB, GiB or TiB",
    ),
    "too high": (machine((1 << 46, MIB)), r"x86_64 has memory below 64 TiB only"),
    "too high for a number": (
        machine(GOOD, ((1 << 64) - 1, 2, {"type": "MemoryMappedIO"})),
        r"memory entry 2 .* ends at 0x10000000000000001: an address has 64 bits",
    ),
    "wrong distances": (machine(GOOD, distances=[[10, 20]]), r"as many numbers in each row as it has rows, 1"),
    "wrong page block order": (machine(GOOD, pageblock_order=8), r"pageblock_order is 8: write 9 or 10"),
    "unknown build option": (
        machine(GOOD, config={"NUMBER": 1}),
        r"\[config\] does not fit: unknown build option 'NUMBER'",
    ),
    "no list": ({"memory": 3}, r"memory is 3: write a list"),
    "no table": ({"memory": [3]}, r"memory entry 1 is 3: write a table"),
    "kernel key": (machine(GOOD, kernel={"text": 1}), r"\[kernel\] has the unknown key 'text'"),
    "kernel unaligned": (machine(GOOD, kernel={"start": 1}), r"\[kernel\] start 0x1 is not aligned"),
    "kernel outside memory": (machine(GOOD, kernel={"start": MIB, "code": 4096}), r"no memory holds the kernel image"),
    "early flag": (machine(GOOD, early=[{"gfp": "GFP_ALL"}]), r"early entry 1: unknown GFP flag 'GFP_ALL'"),
    "early order": (machine(GOOD, early=[{"order": 11}]), r"early entry 1: there is no order 11"),
    "early with two zones": (machine(GOOD, early=[{"gfp": "GFP_DMA|GFP_DMA32"}]), r"early entry 1: .* names two zones"),
    "distances no rows": (machine(GOOD, distances=[10]), r"write a list of numbers for each node"),
    "early without a page": (machine(GOOD, early=[{"gfp": "GFP_DMA"}]), r"early entry 1 finds no page"),
    "no text": (machine(GOOD, cmdline=3), r"cmdline is 3: write a text in quotes"),
}


@pytest.mark.parametrize("what", BAD)
def test_a_bad_description_gets_one_sentence_that_names_the_entry(what):
    description, sentence = BAD[what]
    before = repr(description)
    with pytest.raises(BadDescription, match=sentence) as caught:
        boot(description)
    assert "\n" not in str(caught.value)
    assert repr(description) == before


def test_a_preset_that_does_not_exist_lists_those_that_do():
    with pytest.raises(BadDescription, match=r"toy-1g: no such machine; name a preset \(rfc-48g, .*toy-64m"):
        boot("toy-1g")


def test_a_file_may_be_no_toml_or_no_machine(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text("start = ")
    with pytest.raises(BadDescription, match=r"mine\.toml: not a TOML file"):
        boot(path)
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(BadDescription, match=r"mine\.toml: not a TOML file"):
        boot(path)
    path.write_text('[[memory]]\nstart = "4 GiB"\nsize = "64 MiB"\n')
    assert boot(path).name == "mine"


def test_memory_that_the_command_line_takes_away_is_missed():
    with pytest.raises(BadDescription, match=r"the command line 'memmap=exactmap' leaves no memory: let it keep some"):
        boot(machine(*LOW, GOOD), "memmap=exactmap")


def test_a_kernel_with_other_build_options_than_the_description_wants_is_refused():
    with pytest.raises(BadDescription, match=r"wants a kernel with HUGETLB_PAGE = False: load it with that in config"):
        boot(machine(GOOD, pageblock_order=10), kernel=linux.load())


def test_a_description_speaks_no_python():
    with pytest.raises(ValueError, match=re.escape("cmdline is 3: give a text")):
        boot(machine(GOOD), cmdline=3)


WHOLE = {
    **machine(*LOW, (*GOOD, {"attribute": 0, "node": 0, "type": "LoaderData"}), reserved=[{"start": 0, "end": 4096}]),
    **{"map": "efi", "cpus": [0], "distances": [[10]], "pageblock_order": 9, "summary": "", "cmdline": "mirrorable"},
    **{"kernel": {"start": MIB, "code": 4096}, "config": {"NUMA": True}, "early": [{"gfp": "GFP_KERNEL", "order": 0}]},
}
ODD = st.recursive(
    st.none() | st.booleans() | st.integers(-1, 2**70) | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["start", "x"]), inner, max_size=2),
    max_leaves=4,
)


def places(value, path=()):
    """The way to every value inside a description."""
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in inside:
        yield (*path, key)
        yield from places(item, (*path, key))


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.sampled_from(list(places(WHOLE))), ODD)
def test_whatever_stands_in_a_description_it_boots_or_is_answered_with_one_sentence(path, odd):
    description = copy.deepcopy(WHOLE)
    *ways, last = path
    inner = description
    for way in ways:
        inner = inner[way]
    inner[last] = odd
    with contextlib.suppress(BadDescription):
        assert boot(description).zones


def test_the_whole_description_boots():
    assert boot(WHOLE).proc("cmdline") == "mirrorable\n"
