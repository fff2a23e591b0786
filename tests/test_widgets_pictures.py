"""What each view hands to its script: every key of every picture, and what it must say of a machine known by heart."""

import pytest

from mirrorlab import boot
from mirrorlab.machine.toy import toy
from mirrorlab.story.recording import Recording

widgets = pytest.importorskip("mirrorlab.widgets")

FIRST = 0x100000  # the page at 4 GiB
HALVES = [f"+{1024 + (1 << order)}" for order in range(3, 10)]  # what is left of a block of 1,024 pages, less 8


@pytest.fixture
def machine():
    """2,048 pages above 4 GiB, the first 512 of them mirrored: a Mirror block of order 10, and a Movable one."""
    return toy(2048, first=FIRST, mirrored=[(FIRST, 512)], stock=(6, 3))


def check(picture, **expected):
    """A picture has these keys and no other, each with this content; a function is asked about it."""
    assert picture.keys() == expected.keys()
    for key, value in expected.items():
        found = picture[key]
        assert value(found) if callable(value) else found == value, f"{key}: {found!r}"


def test_error_lab(machine):
    view = widgets.ErrorLab(machine)
    pfn = machine.alloc_pages(0, "GFP_KERNEL", who="me")
    view.break_page(pfn, "kernel")
    headline = "Page +1024 of Normal (kernel, of me), read by the kernel: kernel panic."
    check(
        view.picture(),
        machine="toy: 1 node, 1 CPU, 2,048 pages of 4 KiB",
        parts=["break pages", "chance to survive"],
        part="break pages",
        says=headline,
        panicked=True,
        found=lambda ways: [way for way, _ in ways] == ["never read", "scrubber", "user", "kernel", "by chance"],
        kinds=[("free", 1535), ("user", 0), ("kernel", 1), ("mirrored", 512), ("reserved", 0)],
        chosen={"found": "scrubber", "kind": "kernel", "count": 20, "seed": 0},
        zones=["Normal"],
        zone=0,
        memory=lambda stretches: memory_is(stretches, pfn),
        marks=[(pfn, "page +1024 of Normal")],
        window=lambda window: error_window_is(window, pfn),
        hit=lambda hit: hit_is(hit, pfn),
        corrupted=lambda said: said in ("HardwareCorrupted: 0 kB", "HardwareCorrupted: 4 kB"),
        tally=[["kernel panic", 1]],
        history=[headline],
        table=lambda table: (
            table["used"] == [2, 3]
            and table["rows"][2][0] == "kernel"
            and table["rows"][2][1][3][0] == "kernel panic"
            and table["head"][3] == "read by the kernel"
            and {evidence for evidence, _ in table["known"]} >= {"measured", "injected", "literature"}
        ),
        odds=None,
    )
    view.start_again()
    assert view.picture()["hit"] is None and view.picture()["history"] == view.picture()["marks"] == []
    view.do_show("chance to survive")
    odds = view.picture()["odds"]
    assert odds.keys() == {"asked", "sentences", "cases", "head", "lines"}
    assert len(odds["lines"][0]) == len(odds["head"])
    assert [(pages, fatal, saved) for _, pages, fatal, saved, _ in odds["cases"]] == [(2048, 1, 0)] * 2 + [(2048, 0, 1)]
    view.close()


def memory_is(stretches, pfn):
    (stretch,) = stretches
    check(
        stretch,
        zone=0,
        start=FIRST,
        pages=2048,
        runs=lambda runs: (
            [run[0] for run in runs] == [0, 512, pfn - FIRST, pfn - FIRST + 4]  # a cell stands for four pages
            and sum(run[1] for run in runs) == 2048
        ),
    )
    return True


def error_window_is(window, pfn):
    check(
        window,
        first=lambda first: first <= pfn < first + 128,
        pages=128,
        width=32,
        title=f"128 pages from +{window['first'] - FIRST} of zone Normal",
        cells=lambda cells: len(cells) == 128,
        words=lambda words: len(words) == 128,
    )
    at = pfn - window["first"]
    assert window["cells"].count(window["cells"][at]) == 1  # the only page that is not free
    assert "+1024" in window["words"][at]
    return True


def hit_is(hit, pfn):
    check(
        hit,
        pfn=pfn,
        headline=lambda said: said.startswith("Page +1024 of Normal (kernel") and said.endswith("kernel panic."),
        text=lambda said: said.endswith("."),
        outcome="panic",
        evidence="measured",
        known=lambda said: said != "",
        log=lambda lines: len(lines) > 0,
    )
    return True


def test_exhaust_lab(machine):
    view = widgets.ExhaustLab(machine)
    assert view.picture()["why"] == [] and view.picture()["state"] == view.welcome
    view.run()
    run = view.track.run
    check(
        view.picture(),
        state=lambda said: said.startswith(f"Operation {run.operation:,}: no page for {run.failure}. "),
        load={"kernel": 0.5, "mirrored": 0.5, "orders": "mixed", "frees": 0.25, "seed": 0},
        mixes=["single pages", "mixed", "large blocks"],
        mirror=True,
        progress=None,
        chart=lambda chart: chart["operations"] == run.operation and chart["now"] is None and chart["most"] == 2048,
        facts=lambda facts: (
            facts[0] == "toy: 1 node, 1 CPU, 2,048 pages of 4 KiB"
            and facts[3].startswith(f"{run.operation:,} operations; requests that found no page: ")
        ),
        why=lambda lines: len(lines) > 3 and all(len(line) == 2 for line in lines),
        moments=lambda rows: rows[0][0] == "operation" and rows[-1][0] == f"{run.operation:,}" and rows[-1][-1] != "0",
        zones=lambda rows: rows[1][:2] == ["Normal", f"{machine.zones[0].vm_stat[0]:,}"],
    )
    view.close()


def test_boot_player():
    task = widgets.Task("Go on to zones", "zones")
    view = widgets.BootPlayer("toy-64m", tasks=[task])
    view.goto("memblock")
    told = view.picture()
    assert [caption is None for _, caption in told["stages"]] == [False] * 3 + [True] * 4  # what comes is not told
    later = [numbers[3:] for _, numbers, _ in told["rows"] + told["tables"]]
    assert later and all(numbers == [None] * 4 for numbers in later) and max(at for _, at in told["log"]) == 2
    view.goto("watermarks")
    view.goto("memblock")
    first, last = "0x0 to 0x2fff, 12,288 pages", "0x100000 to 0x103fff, 16,384 pages"
    check(
        view.picture(),
        machines=lambda found: ["toy-64m", ""] in found and found == sorted(found),
        booted=[1, "toy-64m", ""],
        stages=lambda stages: [name for name, _ in stages] == list(view.machine.kernel.main.STAGES),
        tasks=[["Go on to zones", "zones", 0, ""]],
        position=2,
        says="",
        places=[[first, 0, 0x3000], [last, FIRST, 0x4000]],
        window=None,
        parts=lambda parts: (
            [part[2:] for part in parts] == [[0, 0x3000, "0", "48 MiB"], [FIRST, 0x4000, "4 GiB", "4,160 MiB"]]
            and parts[0][0] == 0
            and parts[0][1] < parts[1][0]  # a hole is between them
            and parts[1][0] + parts[1][1] == pytest.approx(100)
        ),
        mirrored=lambda found: [words for *_, words in found] == [
            "0x100800 to 0x100fff, 2,048 pages", "0x102400 to 0x102fff, 3,072 pages"
        ],
        rows=lambda rows: [[name, numbers] for name, numbers, _ in rows] == [
            ["firmware", [0, 0, 0, 0, 0, 0, 0]],
            ["mirror_info", [None, 0, 0, 0, 0, 0, 0]],
            ["memblock", [None, None, 0, 0, 0, 0, 0]],
            ["zones", [None, None, None, 0, 0, 0, 0]],
            ["page blocks", [None, None, None, None, 0, 0, 1]],  # the last stage makes some Reserve
            ["pages", [None, None, None, None, 0, 1, 2]],
        ],
        legend=lambda looks: ("X", "X", "Mirror") in looks and ("kept", "#", "reserved") in looks,
        tables=lambda tables: all(numbers[-1] == len(versions) - 1 for _, numbers, versions in tables),
        log=lambda log: log[0] == ["Command line: ", 0] and [line for line, at in log if at == 2] == new_lines(view),
    )  # fmt: skip
    rows = {name: versions[0] for name, _, versions in view.picture()["rows"]}
    at_mirror = [piece[:2] for piece in rows["firmware"] if piece[2] == "twice"]
    assert (
        at_mirror == [piece[:2] for piece in rows["mirror_info"]] == [each[:2] for each in view.picture()["mirrored"]]
    )
    assert [piece[4] for piece in rows["zones"]] == ["DMA", "DMA", "DMA32", "Normal"]  # DMA has a hole
    view.close()


def new_lines(view):
    return view.log(view.position)[len(view.log(view.position - 1)) :]


def test_slab_view():
    machine = boot("toy-64m")
    view = widgets.SlabView(machine)
    thing = machine.kmalloc(64, who="me").address
    view.selected = thing
    check(
        view.picture(),
        other="",
        caches=lambda names: "kmalloc-64" in names,
        cache="kmalloc-64",
        cpus=1,
        steps=[1, 1],
        headline="Cache kmalloc-64: objects of 64 bytes, 64 with padding; a slab has 64 objects in 1 page. "
        "1 slab: 64 objects, 63 of them free.",
        slabs=lambda found: slab_is(found, thing),
        more="",
        key=lambda key: ("used", "#", "in use, yours") in key,
        selected=thing,
        operation=lambda said: said.startswith("kmalloc(") and "who='me'" in said,
        events=lambda lines: any("kmalloc" in line for line in lines),
    )
    view.close()


def slab_is(found, thing):
    (slab,) = found
    check(
        slab,
        kept="CPU 0's slab",
        where=lambda said: "Normal" in said or "DMA32" in said,
        mirrored=lambda is_so: is_so == ("mirrored," in slab["where"] and "unmirrored" not in slab["where"]),
        rest=0,
        things=lambda things: (
            [each[0] for each in things if each[1] == "used"] == [thing]
            and len(things) == 64
            and all(things[at + 1][0] - things[at][0] == 64 for at in range(63))
            and not any(each[3] for each in things)  # it is one page
        ),
    )
    return True


def test_compare(machine):
    yours, linux = Recording.of(machine), Recording.of(machine.copy())
    linux.machine.alloc_pages(3, "GFP_KERNEL")
    view = widgets.Compare(yours, linux)
    view.only = True
    view.goto(1)
    check(
        view.picture(),
        verdict=lambda said: said.startswith("After operation 1: different operations: yours no operation"),
        call="",
        steps=[1, 1],
        places=["Normal"],
        place="Normal",
        sides=["yours", "Linux"],
        pages=64,
        ruler=["+1024", "+1056", "+1087"],
        strips=lambda strips: (
            [block[:4] for block in strips[0]] == [[0, 64, "M", "M"]]
            and [block[:4] for block in strips[1]][:2] == [[0, 8, "used", "a"], [8, 8, "U", "U"]]
        ),
        key=[["used", "a", "allocated"], ["U", "U", "free, Unmovable"], ["M", "M", "free, Movable"]],
        lists=lambda rows: rows[0] == [True, ["order 10", "Movable"], "M", [[["+1024", True, True]], []]],
        more=len(HALVES) + 1 - 4,
        further=lambda lines: "order 10, Movable: yours [+1024], Linux []." in lines,
        happened=lambda parts: (
            parts[0] == ("What happened in yours", ["no operation: the recording has ended"])
            and parts[1][0] == "What happened in Linux"
            and sum(line.startswith("split") for line in parts[1][1]) == len(HALVES)
        ),
        tables=lambda tables: (
            ["10", "Mirror"] in [row[1] for row in tables[0][2]]
            and ["10", "Movable"] not in [row[1] for row in tables[0][2]]  # it is among the lists
        ),
        nothing=lambda said: said.startswith("No difference: ") and "CPUs' lists" in said,
    )
    assert f"\n{view.picture()['nothing']}" in f"\n{view.text()}"
    view.goto(0)
    same = view.picture()
    assert same["lists"] == [] and "free lists" in same["nothing"].lower() and same["further"] == []
    view.close()
