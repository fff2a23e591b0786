"""Events in words, and recordings: to any point and back, by replay from keyframes; saved and loaded."""

import json
import random

import pytest
from test_snapshot import everything

from mirrorlab import Machine, boot, linux
from mirrorlab.oracle import cases as recordings
from mirrorlab.oracle import replay as oracle
from mirrorlab.oracle import state
from mirrorlab.oracle.cases import RecordingError
from mirrorlab.story import events, trace_file
from mirrorlab.story.recording import Recording, random_operations

CASES = ["numa-numa-1", "split-merge-one-0", "fragmentation-small-0", "mirror-two-0", "order0-pcp-smp2-0"]
MODELLED = [
    *("fuzz-fuzz1-2", "fuzz-huge-0", "wmark-op-half-0", "mirror-one-0", "zones-movable-0", "order0-pcp-smp-0"),
    *("fallback-b_one-0", "numa-wrongnode-0", "wmark-b_numa"),
]
STORY = "split-merge-one-0"
MOVABLE = "GFP_HIGHUSER_MOVABLE"


def story_of(seed, operations=60, keyframe_every=None):
    """A recording made by chance, long enough for several keyframes."""
    story = Recording(Machine.from_recording(CASES[seed % len(CASES)]))
    story._keyframe_every = keyframe_every or story._keyframe_every
    random_operations(story.machine, operations, seed)
    return story


def ready(kernel=None):
    """A machine without a free Movable block of order 9, so that one of order 10 must be cut, and empty CPU lists."""
    machine = Machine.from_recording(STORY)
    machine.drain()
    for zone in machine.zones:
        while zone.free_area[9].free_list[2]:
            machine.kernel.page_alloc.__rmqueue(zone, 9, 2)
    if kernel is None:
        return machine
    g, _, _ = state.load(state.dump(machine.snapshot()), kernel)
    return Machine(kernel, g)


@pytest.fixture
def story():
    return Recording(ready())


# -- Events -------------------------------------------------------------------------------------------------------


def test_an_allocation_tells_its_splits_and_what_it_gave(story):
    m = story.machine
    pfn = m.alloc_pages(9, MOVABLE)
    zone = m.kernel.mmzone.page_zone(m.g, pfn)
    at = pfn - zone.zone_start_pfn
    assert story.words() == [
        f"split: the 1024 pages from +{at} of {zone.name} cut in halves: "
        f"+{at + 512} goes to the Movable list of order 9",
        f"mm_page_alloc_zone_locked: the 512 pages from +{at} of {zone.name} taken off the free lists as Movable",
        f"mm_page_alloc: the 512 pages from +{at} of {zone.name} for GFP_HIGHUSER_MOVABLE, order 9, Movable",
    ]
    m.free_pages(pfn)
    assert story.words(offsets=False) == [
        f"mm_page_free: the 512 pages from {pfn} freed",
        f"merge: the 512 pages from {pfn} and the buddy at {pfn + 512} are both free: "
        "they become one block of order 10",
    ]


def test_every_kind_of_event_says_itself_in_words():
    numa = Machine.from_recording("numa-numa-1")
    say = events.Words(numa)
    normal = numa.zone("Normal", 1).zone_start_pfn
    told = {
        ("mm_page_alloc", None, 3, 0x20, 3): "no page for GFP_ATOMIC, order 3, Mirror",
        ("mm_page_free", normal + 4, 0): "page +4 of Normal of node 1 freed",
        ("mm_page_pcpu_drain", normal, 0, 2): (
            "page +0 of Normal of node 1 went from the CPU's list back to the free lists as Movable"
        ),
        ("mm_page_alloc_extfrag", normal, 0, 9, 0, 2, True): (
            "nothing Unmovable was left: the 512 pages from +0 of Normal of node 1 taken from Movable; "
            "the page block is Unmovable from now on"
        ),
        ("mm_page_alloc_extfrag", normal, 0, 10, 0, 2, True): (
            "nothing Unmovable was left: the 1024 pages from +0 of Normal of node 1 taken from Movable; "
            "the page blocks are Unmovable from now on"
        ),
        ("move", 1, 2, normal + 8, 1, 2, 0): (
            "the 2 pages from +8 of Normal of node 1 moved from the Movable list of order 1 to the Unmovable list"
        ),
        ("retry_without_mirror", 0, 0x20, 0): "no mirrored block of order 0 to be had: trying again as Unmovable",
        ("watermark_failed", 1, 2, 0, 100, 0x30, 7, 44): (
            "zone Normal of node 1 passed over: 44 free pages, and an order 0 request needs more than 45"
        ),
        ("watermark_failed", 1, 2, 3, 100, 0, 0, 200): (
            "zone Normal of node 1 passed over: 200 free pages, but too few of them in blocks of order 3 and more"
        ),
        ("sysctl", "vm.mirrorable", 1): "vm.mirrorable set to 1",
        ("stage", "zones"): "boot: zones",
        ("kmem_cache_alloc", 5 << 12 | 64, "inode", 600, 608, 0xD0): (
            "byte 64 of page +4 of DMA of node 0 for an object of inode, GFP_KERNEL"
        ),
        ("kmem_cache_alloc", None, "inode", 600, 608, 0x20): "no memory for an object of inode, GFP_ATOMIC",
        ("kmem_cache_free", 5 << 12, "inode"): "the object at byte 0 of page +4 of DMA of node 0 given back to inode",
        ("kmalloc", 5 << 12, "kmalloc-128", 100, 128, 0xD0): (
            "byte 0 of page +4 of DMA of node 0 for 100 bytes, GFP_KERNEL: 128 bytes from kmalloc-128"
        ),
        (
            "kmalloc",
            5 << 12,
            None,
            10000,
            16384,
            0xD0,
        ): "byte 0 of page +4 of DMA of node 0 for 10000 bytes, GFP_KERNEL: 16384 bytes",
        ("kmalloc", None, None, 10000, 16384, 0x20): "no memory for 10000 bytes, GFP_ATOMIC",
        ("kfree", 5 << 12 | 8): "what begins at byte 8 of page +4 of DMA of node 0 given back",
    }
    for event, words in told.items():
        assert events.record(event).words(say) == words
        assert tuple(events.record(event))[: len(event) - 1] == event[1:]
    unseen = events.KINDS.keys() - {event[0] for event in told}
    assert unseen == {"mm_page_alloc_zone_locked", "split", "merge"}  # in the test above


def test_what_the_model_traces_has_a_record():
    seen = set()
    for name in ("mirror-one-0", "wmark-op-half-0", "fallback-b_one-0"):
        story = Recording.of_case(name)
        say = events.Words(story.machine)
        for event in [event for operation in story.operations for event in operation.events]:
            seen.add(event[0])
            assert len(events.record(event)) == len(event) - 1
            assert events.in_words(event, say).startswith(f"{event[0]}: ")
    objects = {"kmalloc", "kfree", "kmem_cache_alloc", "kmem_cache_free"}  # in a test below
    assert seen == events.KINDS.keys() - {"stage"} - objects  # stage: in the next test


def test_a_traced_boot_tells_its_stages_and_what_happens_in_them():
    happened = []
    machine = boot("toy-64m", trace=happened)
    told = [events.record(event) for event in happened]
    stages = [(each.name, each.what) for each in told if isinstance(each, events.stage)]
    assert stages == list(machine.kernel.main.STAGES.items())
    assert happened[-1][:2] == ("stage", "watermarks")
    freed = [at for at, event in enumerate(happened) if event[0] == "mm_page_free"]
    names = [event[1] if event[0] == "stage" else "" for event in happened]
    assert freed
    assert names.index("pageblocks") < freed[0] < names.index("bootmem")
    assert machine.g.trace is None
    assert machine.proc("buddyinfo") == boot("toy-64m").proc("buddyinfo")  # tracing changes nothing
    machine.alloc_pages()
    assert happened[-1][:2] == ("stage", "watermarks")


def test_the_watermark_check_fails_where_the_words_say():
    """The limit told is the kernel's: one page more, and the zone passes."""
    m = Machine.from_recording(STORY)
    zone, check = m.zone("Normal"), m.kernel.page_alloc.__dict__["__zone_watermark_ok"]
    for flags in (0, 0x10, 0x20, 0x30):
        limit = events.watermark_failed(0, 2, 0, 101, flags, zone.lowmem_reserve[2], 0).limit(m.kernel)
        assert not check(zone, 0, 101, 2, flags, limit)
        assert check(zone, 0, 101, 2, flags, limit + 1)


def test_a_takeover_of_a_page_block_tells_each_block_that_moved():
    story = Recording.of_case("wmark-op-half-0")
    position = story.positions("move")[0]
    story.goto(position - 1)
    before = set(story.machine.free_blocks())
    for name, *about in story.operations[position - 1].events:
        if name == "move":
            _, _, pfn, order, old, new = about
            assert (pfn, order, old) in before
            assert old != new


# -- Noting down --------------------------------------------------------------------------------------------------


def test_a_recording_notes_what_is_done_with_the_machine(story):
    m = story.machine
    pfn = m.alloc_pages(0, "GFP_KERNEL", who="me")
    m.free_pages(pfn)
    m.drain(cpu=0)
    assert m.sysctl("vm.mirrorable") == 0  # only looks
    m.sysctl("vm.mirrorable", 1)
    assert [str(operation) for operation in story.operations] == [
        f"alloc_pages(order=0, gfp='GFP_KERNEL', who='me') -> {pfn}",
        f"free_pages(pfn={pfn}) -> None",
        "drain(cpu=0) -> None",
        "sysctl(name='vm.mirrorable', value=1) -> 1",
    ]
    assert story.position == 4
    assert m.g.trace is None


def test_a_refused_call_leaves_no_trace(story):
    story.machine.alloc_pages()
    before = everything(story.machine)
    for wrong in ({"pfn": 0}, {"pfn": "one"}):
        with pytest.raises((ValueError, TypeError)):
            story.machine.free_pages(**wrong)
    with pytest.raises(TypeError):
        story.machine.alloc_pages(pages=3)
    assert story.position == len(story.operations) == 1
    assert everything(story.machine) == before


def test_a_broken_kernel_that_stops_half_way_is_recorded_and_replayed():
    m = ready(linux.load(replace={"page_is_buddy": stops_at_order_9}))
    story = Recording(m)
    pfn = m.alloc_pages(9, MOVABLE)
    with pytest.raises(NotImplementedError):
        m.free_pages(pfn)
    assert story.operations[-1].error == "NotImplementedError: yours to write"
    after = everything(m)
    story.goto(0)
    story.goto(2)
    assert everything(m) == after


def stops_at_order_9(zone, buddy, order):
    if order == 9:
        raise NotImplementedError("yours to write")
    return buddy in zone.free_area[order].buddy


def test_a_kernel_that_depends_on_chance_is_found_when_stepping_back():
    answers = [True, False]  # the last one first
    kernel = linux.load(replace={"change_to_mirror": lambda g, gfp_mask, high_zoneidx: answers.pop()})
    story = Recording(Machine.from_recording("mirror-two-0", kernel))
    story.machine.alloc_pages(3, "GFP_ATOMIC")
    story.goto(0)
    before = everything(story.machine)
    with pytest.raises(RuntimeError, match="depend on nothing but their arguments"):
        story.goto(1)
    assert (story.position, everything(story.machine)) == (0, before)


def test_a_move_that_breaks_off_tells_where_the_machine_is():
    answers = [False, True, True, True]  # the last one first
    kernel = linux.load(replace={"change_to_mirror": lambda g, gfp_mask, high_zoneidx: answers.pop()})
    story, seen = Recording(Machine.from_recording("mirror-two-0", kernel)), []
    for _ in range(3):
        story.machine.alloc_pages(3, "GFP_ATOMIC")
    story.watchers.append(lambda: seen.append(story.position))
    with pytest.raises(RuntimeError):
        story.goto(1)
    assert (seen, story.position) == ([0], 0)


def test_two_views_share_the_one_recording_of_a_machine(story):
    seen = []
    assert Recording.of(story.machine) is story
    with pytest.raises(ValueError, match=r"use Recording\.of"):
        Recording(story.machine)
    story.watchers.append(lambda: seen.append(story.position))
    story.machine.alloc_pages()
    story.machine.alloc_pages()
    story.goto(0)
    assert seen == [1, 2, 0]


def test_a_closed_recording_leaves_the_machine_alone(story):
    m = story.machine
    m.alloc_pages()
    story.close()
    m.alloc_pages()
    assert len(story.operations) == 1
    assert not {"alloc_pages", "drain"}.intersection(vars(m))
    for use in (lambda: story.goto(0), lambda: story.do("drain")):
        with pytest.raises(ValueError, match="was closed"):
            use()
    assert Recording.of(m) is not story


def test_a_copy_of_a_recorded_machine_is_not_recorded(story):
    twin = story.machine.copy()
    twin.alloc_pages()
    assert story.operations == []
    assert twin.recording is None


def test_a_trace_that_was_on_before_goes_on(story):
    story.machine.g.trace = seen = []
    story.machine.alloc_pages()
    story.goto(0)
    story.goto(1)
    assert seen == story.operations[0].events != []
    assert story.machine.g.trace is seen


# -- Moving -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(20))
def test_any_position_equals_replay_from_the_start(seed):
    story = story_of(seed, operations=40, keyframe_every=30)
    assert len(story._keyframes) > 2
    again = Machine.from_recording(CASES[seed % len(CASES)])
    states = [everything(again)]
    for operation in story.operations:
        getattr(again, operation.method)(**operation.arguments)
        states.append(everything(again))

    back = list(range(len(states)))[::-1]
    by_chance = random.Random(seed).sample(back, 12)
    for k in [*back, *by_chance]:
        story.goto(k)
        assert story.position == k
        assert everything(story.machine) == states[k], f"position {k}"


def test_keyframes_stay_few_and_lie_further_apart_in_a_long_story(monkeypatch):
    monkeypatch.setattr("mirrorlab.story.recording.KEYFRAMES", 8)
    story = story_of(1, operations=400, keyframe_every=20)
    assert len(story._keyframes) <= 8
    assert story._keyframe_every > 20
    end = everything(story.machine)
    for k in (0, 399, 13, 200):
        story.goto(k)
    story.goto(400)
    assert everything(story.machine) == end


def test_steps_stop_at_the_ends(story):
    for _ in range(3):
        story.machine.alloc_pages()
    story.step(-2)
    assert story.position == 1
    story.step(-5)
    assert story.position == 0
    story.step()
    assert story.position == 1
    story.step(9)
    assert story.position == 3
    with pytest.raises(ValueError, match="there is no position 4: this recording goes from 0 to 3"):
        story.goto(4)


def test_an_operation_in_the_past_begins_another_story():
    story = story_of(3, operations=50, keyframe_every=30)
    story.goto(20)
    then = everything(story.machine)
    with pytest.raises(ValueError, match="no page -1"):
        story.machine.free_pages(-1)  # refused: the future is kept
    assert len(story.operations) == 50
    story.machine.drain(0)
    assert (story.position, len(story.operations)) == (21, 21)
    random_operations(story.machine, 40, seed=9)
    end = everything(story.machine)
    story.goto(20)
    assert everything(story.machine) == then
    story.goto(61)
    assert everything(story.machine) == end


def test_operations_of_a_kind_are_found_by_their_name_or_an_event(story):
    m = story.machine
    first = m.alloc_pages(9, MOVABLE)  # 1: a split
    m.drain()  # 2
    m.free_pages(first)  # 3: a merge
    m.alloc_pages(9, MOVABLE)  # 4: a split
    assert story.positions("split") == [1, 4]
    assert (story.positions("merge"), story.positions("drain")) == ([3], [2])
    with pytest.raises(ValueError, match="there is no operation or event 'splits'"):
        story.positions("splits")


def test_an_operation_in_words_names_pages_and_objects_as_views_do():
    m = boot("toy-64m")
    story = Recording(m)
    block, thing = m.alloc_pages(2), m.kmalloc(100)
    m.free_pages(block, cold=True)
    m.kfree(thing)
    m.sysctl("vm.mirrorable", 1)
    m.kmalloc(0)
    zone = m.kernel.mmzone.page_zone(m.g, block)
    at, page = block - zone.zone_start_pfn, thing.pfn - zone.zone_start_pfn
    say, plain = events.Words(m), events.Words(m, offsets=False)
    assert [operation.words(say) for operation in story.operations] == [
        f"alloc_pages(order=2) -> the 4 pages from +{at} of {zone.name}",
        f"kmalloc(size=100) -> byte {thing.offset} of page +{page} of {zone.name}",
        f"free_pages(page +{at} of {zone.name}, cold=True) -> None",
        f"kfree(byte {thing.offset} of page +{page} of {zone.name}) -> None",
        "sysctl(name='vm.mirrorable', value=1) -> 1",
        "kmalloc(size=0) -> no bytes",
    ]
    assert [operation.words(plain) for operation in story.operations[:3:2]] == [
        f"alloc_pages(order=2) -> the 4 pages from {block}",
        f"free_pages(page {block}, cold=True) -> None",
    ]


def test_operations_are_recorded_by_name_so_new_ones_need_nothing_here():
    class WithPairs(Machine):
        OPERATIONS = (*Machine.OPERATIONS, "alloc_pair")

        def alloc_pair(self, order=0):
            return [self.alloc_pages(order), self.alloc_pages(order)]

    kernel = linux.load()
    like = Machine.from_recording(STORY, kernel)
    story = Recording(WithPairs(kernel, like.g))
    pair = story.machine.alloc_pair(2)
    assert [str(operation) for operation in story.operations] == [f"alloc_pair(order=2) -> {pair}"]
    story.goto(0)
    story.goto(1)
    assert sorted(story.machine.owners) == sorted(pair)


# -- Recorded kernel cases ----------------------------------------------------------------------------------------


SLAB_CASES = [
    *("slab-one-0", "slab-node-node2-2", "slab-oom-oom1-2", "slab-SLAB-c_two-0", "slab-SLAB-c_smp-0"),
    *("slab-SLOB-d_one-2", "slab-SLOB-d_smp-0"),
]


@pytest.mark.parametrize("name", [*MODELLED, *SLAB_CASES])
def test_a_kernel_case_plays_to_the_recorded_end(name):
    case = recordings.load(name)
    story = Recording.of_case(case)
    assert story.position == 0
    expected = oracle.Replay(case)
    assert state.dump([story.machine.g]) == state.dump([expected.machine.g])
    story.goto(len(story.operations))
    expected.machine = story.machine
    assert expected.state_difference(case["final"]) is None


def test_the_slab_cases_have_every_operation_on_objects_and_every_allocator():
    cases = [recordings.load(name) for name in SLAB_CASES]
    assert {case["machine"]["kernel_build"] for case in cases} == {"A", "C", "D"}  # SLUB, SLAB, SLOB
    operations = {op["op"] for case in cases for op in case["ops"]}
    assert operations >= {"kmem_alloc", "kmem_alloc_node", "kmalloc", "kmalloc_large", "free"}


@pytest.mark.parametrize("name", ["slab-numa-0", "slab-SLAB-c_one-0", "slab-SLOB-d_one-2"])
def test_objects_of_a_kernel_case_are_stepped_through_back_and_forth(name):
    story = Recording.of_case(name)
    end = len(story.operations)
    story.goto(end)
    there = state.dump(story.machine.snapshot())
    for position in (end // 2, end - 1, 1, end):
        story.goto(position)
    assert state.dump(story.machine.snapshot()) == there
    assert {operation.method for operation in story.operations} >= {"kmem_cache_alloc", "kmem_cache_free"}


def test_a_case_that_cannot_be_played_says_why():
    with pytest.raises(RecordingError, match="boot-two cannot be played: it has no operations"):
        Recording.of_case("boot-two")
    case = {**recordings.load(STORY), "ops": [{"op": "vmalloc"}], "results": [None]}
    with pytest.raises(RecordingError, match="operation 0 is of the unknown kind 'vmalloc'"):
        Recording.of_case(case)


def test_one_recorded_operation_may_be_many_positions():
    """Operation 43 is 20,465 requests, made at positions 4836 to 25300; the last one fails (hazard 1)."""
    story = Recording.of_case("exhaustion-all-0")
    assert (story.at(op=43), story.at(op=43, call=20465), story.at(op=44)) == (4836, 25300, 25301)
    assert (story.op_of(4836), story.op_of(25300), story.op_of(25301)) == (
        (43, 1),
        (43, 20465),
        (45, 1),
    )  # 44 is a dump
    assert len(recordings.load("exhaustion-all-0")["results"][43]) == 20464
    assert story.operations[25300].result is None and story.operations[25299].result is not None
    story.goto(25300)
    assert story.machine.alloc_pages(0, story.operations[25300].arguments["gfp"]) is None
    assert sum(area.nr_free << order for order, area in enumerate(story.machine.zone("Normal").free_area)) == 232


@pytest.mark.parametrize("name", ["split-merge-one-0", "fuzz-huge-0", "slab-SLOB-d_one-2", "wmark-op-half-0"])
def test_positions_and_recorded_operations_can_be_turned_into_each_other(name):
    case = recordings.load(name)
    story = Recording.of_case(case)
    position = 0
    for index, (op, result) in enumerate(zip(case["ops"], case["results"], strict=True)):
        calls = {"dump": 0, "free": int(bool(result)), "free_range": result}.get(op["op"], 1)
        if op["op"] == "alloc_many":
            calls = len(result) + (len(result) < op["count"])
        assert story.at(index) == position
        for call in range(1, calls + 1):
            assert story.at(index, call) == position
            assert story.op_of(position) == (index, call)
            position += 1
        for call in (0, max(calls, 1) + 1):
            with pytest.raises(ValueError, match=f"no call {call} of operation {index}: choose from 1 to "):
                story.at(index, call)
    assert story.at(len(case["ops"])) == position == len(story.operations)
    for outside in (-1, position):
        with pytest.raises(ValueError, match=f"made at {outside}: choose a position from 0 to {position - 1}"):
            story.op_of(outside)
    for op in (-1, len(case["ops"]) + 1):
        with pytest.raises(ValueError, match=f"no operation {op}: .* 0 to {len(case['ops']) - 1}"):
            story.at(op)


def test_only_a_recorded_case_has_recorded_operations(story):
    for ask in (lambda: story.at(0), lambda: story.op_of(0)):
        with pytest.raises(ValueError, match=r"make one with Recording\.of_case\(\)"):
            ask()


def test_another_story_keeps_the_recorded_operations_before_it():
    story = Recording.of_case(STORY)
    there = story.at(20)
    story.goto(there)
    story.machine.drain(0)
    assert story.op_of(there - 1)[0] < 20
    assert story.at(19) < there
    with pytest.raises(ValueError, match=f"no recorded operation is made at {there}"):
        story.op_of(there)
    with pytest.raises(ValueError, match="there is no operation 40"):
        story.at(40)


# -- Files --------------------------------------------------------------------------------------------------------


@pytest.fixture
def saved(tmp_path):
    path = tmp_path / "story.jsonl"
    story_of(2, operations=30).save(path)
    return path


def test_a_story_is_saved_and_loaded(tmp_path):
    story = story_of(2, operations=80, keyframe_every=30)
    story.goto(33)  # saving does not depend on where it stands
    story.save(tmp_path / "story.jsonl")
    loaded = Recording.load(tmp_path / "story.jsonl")
    assert loaded.operations == story.operations
    assert loaded.machine.name == story.machine.name
    story.goto(80)
    assert everything(loaded.machine) == everything(story.machine)
    loaded.goto(0)
    story.goto(0)
    assert everything(loaded.machine) == everything(story.machine)
    assert everything(story.machine) == everything(Machine.from_recording(CASES[2 % len(CASES)]))


def test_a_saved_story_is_json_lines(saved):
    lines = [json.loads(line) for line in saved.read_text().splitlines()]
    assert lines[0]["mirrorlab"] == "recording"
    assert [line["n"] for line in lines[1:-1]] == list(range(1, 31))
    assert {line["method"] for line in lines[1:-1]} <= set(Machine.OPERATIONS)
    assert lines[-1]["end"] == 30


def damage(lines, how):
    if how == "cut in a line":
        return [*lines[:9], lines[9][:30]]
    if how == "cut between lines":
        return lines[:10]
    if how == "a number changed":
        return [*lines[:6], lines[6].replace("mm_page", "mm_pagf"), *lines[7:]]
    if how == "a line left out":
        return lines[:4] + lines[5:]
    if how == "a line twice":
        return lines[:5] + lines[4:]
    if how == "something after the end":
        return [*lines, lines[3]]
    if how == "the start changed":
        return [lines[0].replace("mmzone.Zone", "mmzone.Zome", 1), *lines[1:]]
    if how == "too deep":
        return [*lines[:3], "[" * 200_000]
    return {"empty": [], "another file": ["# Read me"], "other JSON": ["[1, 2]"]}[how]


@pytest.mark.parametrize(
    ("how", "says"),
    [
        ("cut in a line", "line 10: damaged, or cut short"),
        ("cut between lines", "line 10: the file is cut short after this line"),
        ("a number changed", "line 7: damaged: it is not what was saved"),
        ("a line left out", "line 5: operation 4 should stand here: lines are missing or out of order"),
        ("a line twice", "line 6: operation 5 should stand here"),
        ("something after the end", "line 33: operation 32 should stand here"),
        ("the start changed", "line 1: damaged: it is not what was saved"),
        ("too deep", "line 4: damaged, or cut short"),
        ("empty", "line 1: not a recording saved by mirrorlab"),
        ("another file", "line 1: not a recording saved by mirrorlab"),
        ("other JSON", "line 1: not a recording saved by mirrorlab"),
    ],
)
def test_a_damaged_file_is_named_and_refused(saved, how, says):
    lines = damage(saved.read_text().splitlines(), how)
    saved.write_text("".join(f"{line}\n" for line in lines))
    with pytest.raises(RecordingError) as refused:
        Recording.load(saved)
    assert str(refused.value).startswith(f"{saved}: {says}")
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("where", range(0, 4000, 397))
def test_any_changed_character_is_noticed(saved, where):
    text = saved.read_text()
    where = where * 7 % len(text)
    if text[where] == "\n":
        where -= 1
    saved.write_text(text[:where] + ("7" if text[where] != "7" else "8") + text[where + 1 :])
    line = text[:where].count("\n") + 1
    with pytest.raises(RecordingError, match=rf"story\.jsonl: line {line}: "):
        Recording.load(saved)


def test_no_file_and_no_text_are_refused_too(tmp_path):
    with pytest.raises(RecordingError, match="cannot be read"):
        Recording.load(tmp_path / "none.jsonl")
    (tmp_path / "picture").write_bytes(b"\x89PNG\xff\x00")
    with pytest.raises(RecordingError, match="picture: line 1: not a recording"):
        Recording.load(tmp_path / "picture")


def rewrite(path, number, **changed):
    """Change a line as somebody would who also knows the checksum."""
    lines = path.read_text().splitlines()
    value = json.loads(lines[number - 1])
    del value["crc"]
    lines[number - 1] = trace_file.to_line({**value, **changed}).rstrip()
    path.write_text("".join(f"{line}\n" for line in lines))


@pytest.mark.parametrize(
    ("number", "changed", "says"),
    [
        (1, {"version": None}, "line 1: saved in version None of the format; this mirrorlab reads version 2"),
        (1, {"start": None}, "line 1: "),
        (1, {"config": 7}, "line 1: "),
        (32, {"end": None}, "line 32: "),
        (4, {"n": [4]}, "line 4: operation 3 should stand here"),
        (1, {"version": 9}, "line 1: saved in version 9 of the format; this mirrorlab reads version 2"),
        (1, {"start": {"roots": [], "objects": [["mmzone.Zone", {}]]}}, "line 1: mmzone.Zone has other fields"),
        (1, {"config": {"VMALLOC": 1}}, "line 1: unknown build option 'VMALLOC'"),
        (4, {"method": "format_disk"}, "line 4: there is no operation 'format_disk'"),
        (4, {"method": "__init__"}, "line 4: there is no operation '__init__'"),
        (4, {"result": -1}, "line 4: .* load it with the kernel it was recorded on"),
        (4, {"arguments": {"no": 1}}, "line 4: .* gave the "),
    ],
)
def test_a_file_that_does_not_make_sense_is_refused(saved, number, changed, says):
    rewrite(saved, number, **changed)
    with pytest.raises(RecordingError, match=says):
        Recording.load(saved)


def test_a_story_of_a_changed_kernel_is_loaded_with_that_kernel(tmp_path):
    kernel = linux.load(replace={"page_is_buddy": lambda zone, buddy, order: False})
    story = Recording(ready(kernel))
    story.machine.free_pages(story.machine.alloc_pages(9, MOVABLE))
    story.save(tmp_path / "story.jsonl")
    assert Recording.load(tmp_path / "story.jsonl", kernel).operations == story.operations
    with pytest.raises(RecordingError, match=r"line 3: free_pages gave the events .* not .*: load it with the kernel"):
        Recording.load(tmp_path / "story.jsonl")


@pytest.mark.parametrize("allocator", ["SLUB", "SLAB", "SLOB"])
def test_objects_are_part_of_the_story(allocator, tmp_path):
    machine = boot({**OBJECTS_MACHINE, "config": {"SLAB_ALLOCATOR": allocator}})
    early = machine.kmalloc(100)
    story = Recording(machine)
    cache = machine.kmem_cache_create("tests", 64)
    objects = [machine.kmem_cache_alloc(cache) for _ in range(100)]
    machine.kfree(early)
    for each in objects[::2]:
        machine.kmem_cache_free(cache, each)
    seen = [machine.objects, repr(machine)]
    story.goto(0)
    assert list(machine.objects.values()) == [early]
    story.goto(len(story.operations))
    assert [machine.objects, repr(machine)] == seen
    story.save(tmp_path / "story.jsonl")
    again = Recording.load(tmp_path / "story.jsonl")
    assert [again.machine.objects, repr(again.machine)] == seen
    assert state.dump(again.machine.snapshot()) == state.dump(machine.snapshot())
    again.goto(0)
    assert list(again.machine.objects.values()) == [early]
    assert machine.copy().objects == machine.objects
    told = {word.split(":")[0] for k in range(1, len(story.operations) + 1) for word in story.words(k)}
    assert {"kmem_cache_alloc", "kmem_cache_free", "kfree", "mm_page_alloc"} <= told


OBJECTS_MACHINE = {
    "memory": [
        {"start": "4 GiB", "size": "16 MiB", "attribute": 0x1000F},
        {"start": "4 GiB + 16 MiB", "size": "16 MiB"},
    ]
}
