"""BootPlayer without a browser: what it shows at each stage, against the kernel's own texts and recorded boots."""

import gc
import weakref
import xml.etree.ElementTree as ET

import pytest
from boots import G4, LOW, MIB, RELIABLE, machine, page_by_page

from mirrorlab import boot, linux, stages
from mirrorlab.machine import firmware, proc
from mirrorlab.oracle import cases as recordings

widgets = pytest.importorskip("mirrorlab.widgets")
boot_map = pytest.importorskip("mirrorlab.widgets.boot_map")

TWINS = {"toy-32m": "boot-small", "toy-64m": "boot-two", "toy-ragged": "boot-unal", "toy-two-nodes": "boot-numa"}
LETTERS = {0: "U", 1: "R", 2: "M", 3: "X", 4: "V"}
MIRRORED = {"attribute": RELIABLE}


@pytest.fixture
def player():
    view = widgets.BootPlayer("toy-64m")
    yield view
    view.close()


def table(view, name):
    """The rows of the table whose name begins so."""
    return next(each for each in view.tables(view.position) if each.name.startswith(name)).rows


def lane(view, name):
    return next(each for each in view.lanes(view.position) if each.name == name).pieces


def letters(view, name, first, end):
    return boot_map.letters(lane(view, name), first, end)


def by_page(pieces):
    """PFN -> letter; no page is in two pieces."""
    found = {}
    for piece in pieces:
        for pfn in range(piece.first, piece.end):
            assert pfn not in found
            found[pfn] = piece.letter
    return found


def said(view):
    return view.says


def send(view, **message):
    """What the browser sends."""
    view._receive(None, message, None)


# -- What each stage shows --------------------------------------------------------------------------------------------


def test_every_stage_adds_what_the_kernel_has_learned(player):
    seen = []
    for stage in stages("toy-64m"):
        player.goto(stage.name)
        seen.append((stage.name, [each.name for each in player.lanes(player.position)][len(seen) :]))
        assert repr(player).startswith(f"Stage {len(seen)} of 7, {stage.name}: {stage.what}.\n")
    assert seen[0] == ("map", ["firmware"])
    assert player.lanes(6)[-1].name == "pages"
    counts = [(len(player.lanes(at)), len(player.tables(at))) for at in range(7)]
    assert counts == [(1, 1), (2, 2), (3, 5), (4, 6), (6, 7), (6, 8), (6, 9)]


@pytest.mark.parametrize("preset", [name for name in firmware.presets() if not name.startswith("server")])
def test_its_tables_say_what_the_kernel_prints_under_proc(preset):
    view, m = widgets.BootPlayer(preset, stage="watermarks"), boot(preset)
    infos = proc.parse("pagetypeinfo", m.proc("pagetypeinfo"))
    blocks = [(str(node), zone, *map("{:,}".format, counts)) for info in infos for node, zone, counts in info.blocks]
    assert table(view, "Page blocks") == blocks
    free = [(str(node), zone, name, *map("{:,}".format, counts)) for i in infos for node, zone, name, counts in i.free]
    assert table(view, "Free blocks") == [row for row in free if set(row[3:]) != {"0"}]

    zones = proc.parse("zoneinfo", m.proc("zoneinfo"))
    marks = [[f"{zone.pages[name]:,}" for name in ("managed", "min", "low", "high")] for zone in zones]
    assert [list(row[2:6]) for row in table(view, "Watermarks")] == marks
    sizes = [[f"{zone.pages[name]:,}" for name in ("spanned", "present", "managed")] for zone in zones]
    assert [list(row[4:]) for row in table(view, "Zones")] == sizes
    assert f"min_free_kbytes: {m.sysctl('vm.min_free_kbytes'):,}" in view.text()
    assert "".join(line + "\n" for line in view.log(view.position)) == m.proc("dmesg")
    view.close()


@pytest.mark.parametrize("preset", TWINS)
def test_the_page_blocks_of_the_map_are_those_of_the_recorded_boot(preset):
    case, view = recordings.load(TWINS[preset]), widgets.BootPlayer(preset, stage="bootmem")
    found = by_page(lane(view, "page blocks"))
    compared = 0
    for zone in case["buddy"]["zones"]:
        pfn = zone["pageblocks"]["start_pfn"]
        for kind, number in zone["pageblocks"]["rle"]:
            for block in range(number):
                assert found.get(pfn + 512 * block) == LETTERS.get(kind)
                compared += 1
            pfn += 512 * number
    assert compared > 50
    view.close()


@pytest.mark.parametrize(
    "source",
    [
        "toy-64m", "toy-ragged", "toy-two-nodes",
        machine(*LOW, (G4, 24 * MIB), (G4 + 30 * MIB, 34 * MIB, MIRRORED)),  # a hole, all behind it mirrored
    ],
    ids=["two", "ragged", "nodes", "hole"],
)  # fmt: skip
def test_lanes_agree_with_a_walk_over_every_page(source):
    view = widgets.BootPlayer(source, stage="pageblocks")
    mmzone = view.machine.kernel.mmzone
    zone_of, reserved, types = page_by_page(view.machine.g, mmzone)
    assert set(by_page(lane(view, "pages"))) == set(zone_of)
    blocks = by_page(lane(view, "page blocks"))
    assert {block: blocks[block << 9] for block in types} == {block: LETTERS[kind] for block, kind in types.items()}
    view.goto("bootmem")
    pages = by_page(lane(view, "pages"))
    assert {pfn for pfn, letter in pages.items() if letter == "#"} == reserved
    view.close()


def test_free_in_memblock_is_memory_that_is_not_reserved(player):
    player.goto("memblock")
    pages = by_page(lane(player, "memblock"))
    g = player.machine.g
    inside = {pfn for region in g.memblock.memory.regions for pfn in range(region.base >> 12, region.end >> 12)}
    taken = {pfn for region in g.memblock.reserved.regions for pfn in range(region.base >> 12, region.end >> 12)}
    assert {pfn for pfn, letter in pages.items() if letter == "."} == inside - taken
    assert table(player, "Free so far")[-2:] == [
        ("0x103bfa000", "0x103bfffff", "24 KiB"),
        ("0x103c1a000", "0x103fdefff", "3,860 KiB"),
    ]


def test_in_letters_the_two_mirrored_ranges_stand_over_their_page_blocks(player):
    player.goto("pageblocks")
    assert letters(player, "firmware", 0x100000, 0x104000) == (
        "--------========--------------------============----------------"
    )
    assert letters(player, "page blocks", 0x100000, 0x104000) == (
        "MMMMMMMMXXXXXXXXMMMMMMMMMMMMMMMMMMMMXXXXXXXXXXXXMMMMMMMMMMMMMMMM"
    )


def test_the_text_can_tell_only_what_a_stage_has_changed(player):
    player.goto("mirror_info")
    assert player.text(changes=True).splitlines() == [
        "Stage 2 of 7, mirror_info: the RFC's table of mirrored ranges.",
        "+   mirror_info",
        "+   mirror_info          ========                    ============",
        "+   mirror_info: = mirrored",
        "+ mirror_info:",
        "+   node   first byte    last byte    size  first PFN  last PFN",
        "+   0     0x100800000  0x100ffffff   8 MiB   0x100800  0x100fff",
        "+   0     0x102400000  0x102ffffff  12 MiB   0x102400  0x102fff",
    ]
    player.goto("bootmem")
    fresh = [line for line in player.text().splitlines() if line.startswith("+ ")]
    assert fresh == ["+ " + line for line in boot("toy-64m").g.log if line.startswith("Memory: ")]


def test_the_map_and_each_table_can_be_had_alone(player):
    player.goto("zones")
    assert player.map_text() in player.text()
    assert player.table_text("mirror_info") in player.text()
    assert player.table_text("memblock.mem").splitlines()[-1] == "  0x100000000  0x103ffffff   64 MiB     0"
    with pytest.raises(ValueError, match="no table 'Free blocks' at stage zones: choose one of The firmware's map"):
        player.table_text("Free blocks")


def test_early_allocations_are_in_the_map():
    view = widgets.BootPlayer("rfc-48g", stage="bootmem")
    (owner,) = view.machine.owners
    assert [(piece.first, piece.name) for piece in lane(view, "pages") if piece.letter == "a"] == [
        (owner, "allocated by an early driver")
    ]
    view.close()


# -- Forth, back, and closer ------------------------------------------------------------------------------------------


def test_going_back_shows_what_was_there_before(player):
    names = [stage.name for stage in player.stages]
    forth = {name: (player.goto(name), player.text(), repr(player), player.svg())[1:] for name in names}
    back = {name: (player.goto(name), player.text(), repr(player), player.svg())[1:] for name in reversed(names)}
    assert back == forth
    assert len(set(forth.values())) == 7


def test_at_the_ends_it_goes_no_further(player):
    player.do_goto(-1)
    assert player.stage.name == "map"
    player.do_goto(99)
    assert player.stage.name == "watermarks"
    with pytest.raises(ValueError, match="no stage 'lunch': choose one of map, mirror_info, memblock"):
        player.goto("lunch")


def test_a_small_part_of_memory_shows_its_free_blocks_one_by_one(player):
    player.goto("bootmem")
    player.show(0x103BF0, 16)
    there = sorted((pfn, order) for pfn, order, _ in player.machine.free_blocks() if 0x103BF0 <= pfn < 0x103C00)
    assert table(player, "Free blocks of the part shown") == [
        (hex(pfn), str(order), f"{1 << order:,}", "Movable") for pfn, order in there
    ]
    assert len(there) > 2
    labels = [piece.label for piece in player.pieces(5, player.lanes(5)[-1], 0x103BF0, 0x103C00) if piece.label]
    assert labels == [str(order) for _, order in there]
    drawn = next(versions[-1] for name, _, versions in player.picture()["rows"] if name == "pages")
    assert [piece[4] for piece in drawn if piece[2] == "M"] == [f"M {order}" for _, order in there]
    assert player.picture()["legend"][-1][2] == "order of a free block"
    player.goto("pageblocks")
    assert all(not each.name.startswith("Free blocks") for each in player.tables(player.position))


def test_closer_and_wider_end_at_one_window_and_at_all_memory(player):
    sizes = []
    for _ in range(5):
        player.do_closer(0x103BFA)
        first, end = player.window
        assert first <= 0x103BFA < end
        sizes.append(end - first)
    assert sizes == [2048, 256, 32, 16, 16]
    for _ in range(5):
        player.do_wider()
    assert player.window is None
    player.do_wider()
    assert said(player) == "All memory is shown."


def test_moving_stays_within_a_stretch_of_memory(player):
    player.show(0x100000, 1024)
    player.do_move(-0.5)
    assert player.window == (0x100000, 0x100400)
    player.do_move(0.5)
    assert player.window == (0x100200, 0x100600)
    player.do_show(0, 0x3000)
    assert player.window == (0, 0x3000)
    with pytest.raises(ValueError, match="no memory from PFN 0x200000 on, 64 pages: there is memory from 0x0"):
        player.show(0x200000)
    assert player.window == (0, 0x3000)


# -- Other machines and command lines ---------------------------------------------------------------------------------


@pytest.mark.parametrize("cmdline", ["mem=1K", "memmap=exactmap", "memmap=4K@1P", "mem=18M"])
def test_a_command_line_that_cannot_boot_is_answered_and_nothing_changes(player, cmdline):
    player.goto("zones")
    before = player.text()
    send(player, do="boot", machine="toy-64m", cmdline=cmdline)
    with pytest.raises(firmware.BadDescription) as refusal:
        boot("toy-64m", cmdline)
    assert said(player) == str(refusal.value)
    assert player.text() == before


def test_memory_on_no_node_is_answered_with_a_sentence():
    with pytest.raises(firmware.BadDescription, match=r"^rfc-48g: the memory from 0x3c0000000000 .* is on no node"):
        widgets.BootPlayer("rfc-48g", "memmap=4K@60T")


def test_a_bad_description_is_refused_as_by_boot(player):
    with pytest.raises(firmware.BadDescription, match="nowhere: no such machine"):
        widgets.BootPlayer("nowhere")
    before = player.text()
    with pytest.raises(firmware.BadDescription, match="unknown key 'memroy'"):
        player.boot({"memroy": []})
    assert player.text() == before


def test_another_machine_boots_and_the_stage_stays(player):
    player.goto("zones")
    assert ["rfc-48g", "mirrorable"] in player.picture()["machines"]
    send(player, do="boot", machine="rfc-48g", cmdline="mirrorable kernelcore=8G")
    assert (said(player), player.stage.name) == ("rfc-48g has booted.", "zones")
    assert "Movable" in {piece.name for piece in lane(player, "zones")}
    assert player.picture()["booted"][1:] == ["rfc-48g", "mirrorable kernelcore=8G"]


def test_a_machine_of_ones_own_can_be_booted_again():
    view = widgets.BootPlayer(machine(*LOW, (G4, 32 * MIB)))
    send(view, do="boot", machine="this machine", cmdline="mem=4112M")
    assert said(view) == "this machine has booted."
    assert letters(view, "command line", 0x100000, 0x102000) == "-" * 32
    assert table(view, "The map as the command line changes it")[-1] == ("0x100000000", "0x100ffffff", "16 MiB", "yes")
    view.close()


@pytest.mark.parametrize(
    ("memory", "sentence"),
    [
        (
            [LOW[0], (*LOW[1], MIRRORED)],
            "There is no memory from 4 GiB on. Below, the firmware names 47 MiB mirrored: without effect.",
        ),
        ([*LOW, (G4, 32 * MIB)], "The firmware names no memory mirrored."),
        ([*LOW, (G4, 32 * MIB, MIRRORED)], "Of the memory from 4 GiB on, the firmware names all mirrored."),
        (
            [LOW[0], (*LOW[1], MIRRORED), (G4, 32 * MIB)],
            "Of the memory from 4 GiB on, the firmware names none mirrored. "
            "Below 4 GiB it names 47 MiB; there, the kernel takes no notice.",
        ),
    ],
)
def test_it_says_how_much_is_mirrored(memory, sentence):
    view = widgets.BootPlayer(machine(*memory))
    assert sentence in view.text().splitlines()
    view.goto("watermarks")
    assert ("X" in letters(view, "page blocks", 0x100000, 0x102000)) == ("all" in sentence)
    view.close()


def test_a_kernel_without_the_rfc_has_no_table_of_mirrored_ranges():
    view = widgets.BootPlayer("toy-64m", stage="watermarks", kernel=linux.load(config={"MEMORY_MIRROR": False}))
    assert "mirror_info" not in [each.name for each in view.lanes(view.position)]
    assert "Mirror" not in view.tables(view.position)[5].head
    view.goto("mirror_info")
    assert view.text().splitlines()[1] == "This kernel does not ask which memory is mirrored."
    view.close()


def test_a_server_of_1_tib_is_a_few_pieces_and_as_many_letters():
    view = widgets.BootPlayer("server-1t", stage="watermarks")
    assert letters(view, "page blocks", 1 << 20, (1 << 20) + (1022 << 18)) == "XMMMMMMM" * 8  # 16 GiB a letter
    assert sum(len(pieces) for _, _, versions in view.picture()["rows"] for pieces in versions) < 1000
    view.close()


def test_too_many_pieces_are_drawn_as_what_is_in_most_of_each_part():
    pieces = [boot_map.Piece(3 * n, 3 * n + 2, "k6", "M", "free Movable") for n in range(4096)]
    coarse = boot_map.drawn(pieces, 0, 3 * 4096)
    assert [(piece.first, piece.end) for piece in coarse] == [(0, 3 * 4096)]
    assert boot_map.drawn(pieces[:500], 0, 1500) == pieces[:500]


# -- Pictures, and the end --------------------------------------------------------------------------------------------


def test_the_picture_is_well_formed_and_the_same_each_time():
    first, second = (widgets.BootPlayer("toy-ragged", stage="bootmem") for _ in range(2))
    picture = first.svg()
    assert ET.fromstring(picture).tag.endswith("svg")
    assert second.svg() == picture
    assert "New in the log: 1 line" in picture
    first.close()
    second.close()


def test_closing_frees_the_machines():
    view = widgets.BootPlayer("toy-64m", stage="bootmem")
    view.text()
    machines = [weakref.ref(stage.machine) for stage in view.stages]
    view.close()
    gc.collect()
    assert [ref() for ref in machines] == [None] * 7
