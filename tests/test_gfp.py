"""GFP flags: the bits the recorded kernels print, their names, and what a mask asks for."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mirrorlab import linux
from mirrorlab.oracle import cases as recordings

kernel = linux.load()
gfp, mmzone = kernel.gfp, kernel.mmzone
MASKS = st.integers(0, gfp.__GFP_BITS_MASK)


def test_every_flag_has_the_bit_it_has_in_the_recorded_kernel():
    recorded = recordings.load("split-merge-one-0")["machine"]["gfp_bits"]
    assert {name: recorded[name] for name in gfp.FLAGS} == gfp.FLAGS
    assert set(recorded) == set(gfp.FLAGS)


def test_the_flags_fill_the_mask_bit_by_bit():
    assert sorted(gfp.FLAGS.values()) == [1 << bit for bit in range(gfp.__GFP_BITS_SHIFT)]


@pytest.mark.parametrize(
    ("name", "mask"),
    [
        ("GFP_ATOMIC", 0x20),
        ("GFP_NOIO", 0x10),
        ("GFP_NOFS", 0x50),
        ("GFP_KERNEL", 0xD0),
        ("GFP_TEMPORARY", 0x800D0),
        ("GFP_USER", 0x200D0),
        ("GFP_HIGHUSER", 0x200D2),
        ("GFP_HIGHUSER_MOVABLE", 0x200DA),
        ("GFP_NOWAIT", 0),
        ("GFP_KERNEL|__GFP_MIRROR", 0x20000D0),
        ("GFP_ATOMIC|__GFP_COLD|__GFP_NOWARN", 0x320),
    ],
)
def test_masks_have_the_names_linux_gives_them(name, mask):
    assert gfp.names(mask) == name
    assert gfp.parse(name) == mask


@given(MASKS)
def test_any_mask_can_be_printed_and_read_back(mask):
    assert gfp.parse(gfp.names(mask)) == mask


def test_bits_without_a_name_are_printed_as_a_number():
    assert gfp.names(gfp.GFP_ATOMIC | 1 << 30) == "GFP_ATOMIC|0x40000000"


def test_spaces_around_the_bar_do_not_matter():
    assert gfp.parse(" GFP_KERNEL |  __GFP_MIRROR ") == gfp.GFP_KERNEL | gfp.__GFP_MIRROR


@pytest.mark.parametrize("text", ["GFP_KERNAL", "GFP_KERNEL|", "", "GFP_KERNEL,__GFP_MIRROR"])
def test_an_unknown_word_is_refused_with_an_example(text):
    with pytest.raises(ValueError, match=r"unknown GFP flag .*: use names such as GFP_KERNEL or __GFP_MIRROR"):
        gfp.parse(text)


@pytest.mark.parametrize(
    ("flags", "zone"),
    [
        ("GFP_KERNEL", "Normal"),
        ("GFP_KERNEL|__GFP_MIRROR", "Normal"),
        ("GFP_DMA", "DMA"),
        ("GFP_DMA32", "DMA32"),
        ("GFP_HIGHUSER", "Normal"),
        ("__GFP_MOVABLE", "Normal"),
        ("GFP_HIGHUSER_MOVABLE", "Movable"),
        ("__GFP_MOVABLE|__GFP_DMA", "DMA"),
        ("__GFP_MOVABLE|__GFP_DMA32", "DMA32"),
    ],
)
def test_four_bits_decide_the_highest_zone(flags, zone):
    assert mmzone.ZONE_NAMES[gfp.gfp_zone(gfp.parse(flags))] == zone


def test_a_mask_that_names_two_zones_is_bad():
    two = [gfp.__GFP_DMA | gfp.__GFP_DMA32, gfp.__GFP_DMA | gfp.__GFP_HIGHMEM, gfp.__GFP_DMA32 | gfp.__GFP_HIGHMEM]
    three = gfp.__GFP_DMA | gfp.__GFP_DMA32 | gfp.__GFP_HIGHMEM
    bad = {*two, three}
    assert bad | {mask | gfp.__GFP_MOVABLE for mask in bad} == gfp.GFP_ZONE_BAD


@pytest.mark.parametrize(
    ("flags", "migratetype"),
    [("GFP_KERNEL", "Unmovable"), ("GFP_TEMPORARY", "Reclaimable"), ("GFP_HIGHUSER_MOVABLE", "Movable"),
     ("GFP_KERNEL|__GFP_MIRROR", "Unmovable")],
)  # fmt: skip
def test_two_bits_decide_the_natural_migratetype(flags, migratetype):
    g = mmzone.Globals()
    assert mmzone.MIGRATETYPE_NAMES[gfp.gfpflags_to_migratetype(g, gfp.parse(flags))] == migratetype


@given(MASKS)
def test_without_grouping_every_request_is_unmovable(mask):
    g = mmzone.Globals(page_group_by_mobility_disabled=True)
    assert gfp.gfpflags_to_migratetype(g, mask) == mmzone.MIGRATE_UNMOVABLE


def test_without_the_patches_the_flag_is_said_to_be_missing():
    kernel = linux.load(config={"MEMORY_MIRROR": False})
    with pytest.raises(
        ValueError, match=r"^unknown GFP flag .__GFP_MIRROR.: this kernel is built without MEMORY_MIRROR"
    ):
        kernel.gfp.parse("GFP_KERNEL|__GFP_MIRROR")
    with pytest.raises(ValueError, match="unknown GFP flag '__GFP_NONE'") as unknown:
        kernel.gfp.parse("GFP_KERNEL|__GFP_NONE")
    assert "MIRROR" not in str(unknown.value)
