"""Machine descriptions: what a good one says, and one sentence for each kind of bad one."""

import contextlib
import copy
import re

import pytest
from boots import G4, LOW, MIB, RELIABLE, machine
from hypothesis import given, settings
from hypothesis import strategies as st

from mirrorlab import BadDescription, boot, linux, presets
from mirrorlab.machine import firmware

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


def test_reserved_kinds_of_memory_stay_out_of_use():
    m = boot(machine(*LOW, GOOD, (G4 + 64 * MIB, MIB, {"type": "RuntimeServicesData"})))
    assert m.zone("Normal").spanned_pages == 64 * MIB // 4096
    assert "0x0000000104000000-0x00000001040fffff] reserved" in m.proc("dmesg")


def test_an_e820_map_has_its_own_types():
    m = boot(machine(*LOW, GOOD, (G4 + 64 * MIB, MIB, {"type": "reserved"}), map="e820"))
    assert [zone.name for zone in m.zones] == ["DMA", "DMA32", "Normal"]


BAD = {
    "overlapping": (
        machine(*LOW, GOOD, (G4 + 32 * MIB, 64 * MIB)),
        r"memory entry 4 \(4328521728\) overlaps memory entry 3 \(4294967296\)",
    ),
    "empty": (machine(*LOW, (G4, 0)), r"memory entry 3 .* is empty"),
    "reversed": ({"memory": [{"start": "8 MiB", "end": "4 MiB"}]}, r"memory entry 1 \(8 MiB\) is reversed: .*0x400000"),
    "unaligned start": (machine((MIB + 1, 47 * MIB)), r"memory entry 1 .* not aligned: its start 0x100001"),
    "unaligned end": (machine((MIB, 4097)), r"memory entry 1 .* not aligned: its end 0x101001"),
    "unaligned reserved": (
        machine(GOOD, reserved=[{"start": 1, "size": 4095}]),
        r"reserved entry 1 \(1\) is not aligned",
    ),
    "mirrored outside memory": (
        machine(*LOW, GOOD, (G4 + 64 * MIB, MIB, {"type": "MemoryMappedIO", "attribute": RELIABLE})),
        r"memory entry 4 .* is mirrored, but the kernel may not use it: MemoryMappedIO is not memory",
    ),
    "more mirrored ranges than the table holds": (
        machine(*LOW, *((G4 + at * 8 * MIB, 4 * MIB, {"attribute": RELIABLE}) for at in range(65))),
        r"memory entry 67 .* is mirrored range number 65: the kernel's table holds 64",
    ),
    "too many ranges": (
        machine(*((G4 + at * 8 * MIB, MIB) for at in range(129))),
        r"129 ranges of memory are too many",
    ),
    "too many reserved": (
        machine(GOOD, reserved=[{"start": at * 8192, "size": 4096} for at in range(128)]),
        r"128 reserved ranges are too many",
    ),
    "unknown key": ({**machine(GOOD), "colour": 1}, r"has the unknown key 'colour': there are cmdline, config, "),
    "unknown key of an entry": (machine((*GOOD, {"colour": 1})), r"memory entry 1 .* has the unknown key 'colour'"),
    "node without memory": (machine(*LOW, GOOD, cpus=[0, 1]), r"cpus: CPU 1 is on node 1, which has no memory"),
    "node with reserved memory only": (
        machine(*LOW, GOOD, (G4 + 64 * MIB, MIB, {"node": 1, "type": "UnusableMemory"})),
        r"memory at 0x104000000 is on node 1, which has no memory that the kernel may use",
    ),
    "node too small": (machine(*LOW, GOOD, (G4 + 64 * MIB, MIB, {"node": 1})), r"node 1 has only 1024 KiB"),
    "unknown node": (machine((*GOOD, {"node": 64})), r"is on node 64: the kernel knows nodes 0 to 63"),
    "no memory at all": ({"summary": "nothing"}, r"there is no memory at all; add a \[\[memory\]\] entry"),
    "only reserved memory": (machine((*GOOD, {"type": "UnusableMemory"})), r"there is no memory at all"),
    "no CPU": (machine(GOOD, cpus=[]), r"cpus is empty"),
    "too many CPUs": (machine(GOOD, cpus=[0] * 8193), r"8193 CPUs are too many: Linux on x86_64 has at most 8192"),
    "unknown type": (
        machine((*GOOD, {"type": "RAM"})),
        r"memory entry 1 .* unknown type 'RAM': there are Conventional",
    ),
    "unknown map": (machine(GOOD, map="bios"), r"map is 'bios': write 'efi' or 'e820'"),
    "attribute in an e820 map": (machine((*GOOD, {"attribute": 1}), map="e820"), r"only an EFI map has them"),
    "no size": ({"memory": [{"start": 0}]}, r"memory entry 1 \(0\) needs a start, and either a size or an end"),
    "size and end": ({"memory": [{"start": 0, "size": 4096, "end": 4096}]}, r"either a size or an end"),
    "no number": ({"memory": [{"start": "four", "size": 4096}]}, r"start is 'four': write bytes, or a text such as"),
    "too high": (machine((1 << 46, MIB)), r"x86_64 has memory below 64 TiB only"),
    "wrong distances": (machine(GOOD, distances=[[10, 20]]), r"distances must have 1 rows of 1 numbers"),
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
    "the same entry twice": (machine(GOOD, GOOD), r"memory entry 2 .* overlaps memory entry 1"),
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
