"""The map of all memory on a stage: its bands, its places, what is typed, how the window moves, how much is sent."""

import json

import pytest

from mirrorlab import boot
from mirrorlab.machine.toy import toy
from mirrorlab.story.recording import random_operations

widgets = pytest.importorskip("mirrorlab.widgets")
memory_map = pytest.importorskip("mirrorlab.widgets.memory_map")
GIB = 1 << 18  # pages


@pytest.fixture
def stage():
    """A stage of 1,024 pages on a machine of 48 GiB, the mirror in two ranges: 4 to 8 and 25 to 33 GiB."""
    view = widgets.Stage(boot("rfc-48g"), pages=1024)
    yield view
    view.close()


def bands(view):
    return [(first, end, letter) for first, end, letter, *_ in view.picture()["map"]["bands"]]


def test_bands_are_the_types_of_page_blocks_with_exact_borders(stage):
    machine = stage.machine
    high = [band for band in bands(stage) if band[0] >= 4 * GIB]
    borders = [4, 8, 25, 33, 49]  # GiB, as the description says
    assert high == [(a * GIB, b * GIB, letter) for a, b, letter in zip(borders, borders[1:], "XMXM", strict=False)]
    names = machine.kernel.mmzone.MIGRATETYPE_NAMES
    order = machine.kernel.mmzone.pageblock_order
    for first, end, letter, mixed, _ in stage.picture()["map"]["bands"]:
        kinds = [names[kind] for kind in machine.g.pageblock_flags[first >> order : end >> order]]
        most = max(set(kinds), key=kinds.count, default="Movable")
        assert memory_map.LETTERS[most] == letter
        assert mixed or set(kinds) <= {most}


def test_zones_holes_and_mirrored_ranges_are_on_the_line(stage):
    line = stage.picture()["map"]
    assert [name for *_, name in line["zones"]] == [
        "DMA of node 0",
        "DMA32 of node 0",
        "Normal of node 0",
        "Normal of node 1",
    ]
    assert line["holes"] == [(3 * GIB, 4 * GIB)]
    assert line["mirrored"] == [(4 * GIB, 8 * GIB), (25 * GIB, 33 * GIB)]
    knots = line["axis"]
    assert knots == sorted(knots) and [at for _, at in knots] == sorted(at for _, at in knots)


def test_a_hole_takes_little_of_the_line():
    machine = boot("toy-64m")  # 192 MiB with 4 GiB between them
    line = memory_map.picture(machine, 0, None)
    places = dict(line["axis"])
    (start, end), whole = line["holes"][-1], line["axis"][-1][1]
    assert places[end] - places[start] < whole / 10


def test_what_is_sent_is_bounded_however_many_page_blocks_differ():
    machine = boot("server-1t")
    flags = machine.g.pageblock_flags
    known = {kind for kind in flags if kind < 5}
    for at in range(0, len(flags), 2):
        if flags[at] in known:
            flags[at] = 0  # every second page block is of another type
    line = memory_map.picture(machine, 4 * GIB, None)
    assert len(line["bands"]) <= memory_map.PARTS + len(line["stretches"])
    assert len(json.dumps(line)) < 40_000
    assert any(mixed for *_, mixed, _ in line["bands"])
    assert len(memory_map.lines(machine, 4 * GIB, 64)) <= memory_map.MOST_LINES + 3


def test_of_1_tib_little_is_sent_after_operations_too():
    machine = boot("server-1t")
    view = widgets.Stage(machine, pages=1024)
    random_operations(machine, 8, seed=1)
    view.do_show(300 * GIB)
    assert len(json.dumps(view.picture())) < 400_000
    assert len(view.text()) < 20_000 and len(view.svg()) < 60_000
    view.close()


def test_moving_shows_other_pages_and_the_story_stays(stage):
    pfn = stage.machine.alloc_pages(0, "GFP_HIGHUSER_MOVABLE", who="a")
    stage.do_show(pfn)
    there = stage.picture()
    assert there["map"]["first"] <= pfn < there["map"]["first"] + 1024
    assert "a" in [owner for *_, owner in there["frames"][-1]["blocks"]]
    stage.do_show(30 * GIB)
    elsewhere = stage.picture()
    assert (elsewhere["title"], elsewhere["window"]) == ("1,024 pages of zone Normal of node 1", 30 * GIB)
    assert "a" not in [owner for *_, owner in elsewhere["frames"][-1]["blocks"]]
    told = [[(frame["what"], frame["sentence"]) for frame in each["frames"][1:]] for each in (there, elsewhere)]
    assert told[0] == told[1]  # the same steps, in the same words
    assert (elsewhere["position"], elsewhere["end"], elsewhere["branches"]) == (1, 1, 0)
    assert "30 GiB: Normal of node 1, page block Mirror, mirrored" in stage.text()
    assert "30 GiB: Normal of node 1" in stage.svg()


def test_a_page_in_a_hole_is_answered_with_the_nearest_memory(stage):
    stage.do_show(3 * GIB + 5)
    assert stage.first == 3 * GIB - 1024
    stage.do_show(1 << 40)
    assert stage.first == 49 * GIB - 1024
    assert stage.zone.node == 1


@pytest.mark.parametrize(
    ("text", "pfn"),
    [
        ("4 GiB + 8 MiB", 4 * GIB + 2048),
        ("0x100800", 4 * GIB + 2048),
        (" 1050624 ", 4 * GIB + 2048),
        ("+2048", 25 * GIB + 2048),
        ("+8 MiB", 25 * GIB + 2048),
        ("0x1000 MiB", 4 * GIB),
    ],
)
def test_a_place_is_typed(stage, text, pfn):
    stage.do_show(26 * GIB)  # "+" counts from the start of the zone that is shown
    assert stage.do_look(text) == ""
    assert stage.first == pfn


@pytest.mark.parametrize("text", ["", "here", "-5", "4 GB", "0x", "+", "4 GiB +", "9" * 30, "3 GiB + 4 KiB", "64 TiB"])
def test_what_is_no_place_is_said_and_nothing_moves(stage, text):
    before = stage.first
    assert stage.do_look(text)[-1] == "."
    assert stage.first == before
    assert stage.drawing.said[1] == ""


def test_places_worth_seeing(stage):
    machine = stage.machine
    named = dict(stage.picture()["map"]["places"])
    assert named["first mirrored page"] == 4 * GIB and named["start of node 1"] == 25 * GIB
    names = list(named)
    assert named["latest operation"] is None
    pfn = machine.alloc_pages(3, "GFP_HIGHUSER_MOVABLE")
    named = dict(stage.picture()["map"]["places"])
    assert named["latest operation"] == pfn and list(named) == names  # the row of buttons stays as it is
    assert named["last free block"] == max(pfn for pfn, *_ in machine.free_blocks())


def test_addresses_are_written_as_they_can_be_typed():
    zone = toy(64).zones[0]
    for pfn in (0, 1, 255, 256, 4 * GIB, 4 * GIB + 2048 + 3, (1 << 34) - 1):
        assert memory_map.page_at(memory_map.address(pfn), zone) == pfn


def test_small_zones_have_no_map():
    for machine, pages, there in ((toy(1024), 64, False), (toy(2048), 64, False), (boot("toy-64m"), 64, True)):
        view = widgets.Stage(machine, pages=pages)
        assert (view.picture()["map"] is not None) is there
        assert ("All memory" in view.text()) is there
        view.close()
    assert widgets.Stage(toy(64), map=True).picture()["map"]["bands"] == [(0, 64, "M", False, "256 KiB")]
