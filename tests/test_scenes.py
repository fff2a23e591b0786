"""Scenes: where they end is where the model ends, memory has no gap in between, and each says what it shows."""

import random

import pytest

from mirrorlab import Recording, boot
from mirrorlab.machine.toy import toy
from mirrorlab.oracle import cases as recordings
from mirrorlab.story.recording import random_operations
from mirrorlab.story.scenes import SCENES, scenes
from tests.test_steps import lists_of

MOVABLE = "GFP_HIGHUSER_MOVABLE"


def whole(story, position, zone):
    return scenes(story, position, zone, zone.zone_start_pfn, zone.spanned_pages)


def lists_of_zone(machine, zone):
    shown = (zone.node, zone.idx)
    return {place: tuple(pfns) for place, pfns in lists_of(machine).items() if pfns and place[:2] == shown}


def check(story, position, zone):
    """The scenes of an operation against the machine before and after it."""
    story.goto(position - 1)
    before = lists_of_zone(story.machine, zone)
    found = whole(story, position, zone)
    story.goto(position)
    assert (found[0].what, found[0].lists) == ("rest", before)
    assert found[-1].lists == lists_of_zone(story.machine, zone)
    first, end = zone.zone_start_pfn, zone.zone_start_pfn + zone.spanned_pages
    for scene in found:
        assert scene.what in SCENES and (scene.sentence or scene.what == "rest")
        at = first
        for block in scene.blocks:  # by address, without a gap
            assert block.pfn == at
            at += block.pages
        assert at == end
        assert sum(block.use == "hand" for block in scene.blocks) <= 1
    free = {block.pfn: block.pages for block in found[-1].blocks if block.use == "free"}
    assert free == {pfn: 1 << place[3] for place, pfns in found[-1].lists.items() if place[2] is None for pfn in pfns}
    used = {block.pfn: block.pages for block in found[-1].blocks if block.use in ("used", "hand")}
    mine = {pfn: 1 << owner.order for pfn, owner in story.machine.owners.items() if first <= pfn < end}
    assert used == mine


@pytest.mark.parametrize("source", ["toy-64m", "toy-two-nodes"])
def test_operations_by_chance_end_where_the_model_ends(source):
    story = Recording(boot(source))
    random_operations(story.machine, 60, seed=5)
    for position in range(1, 61, 3):
        check(story, position, story.machine.zones[-1])


@pytest.mark.slow
@pytest.mark.parametrize(
    "name", random.Random(2).sample([n for n in recordings.names() if n[:4] not in ("boot", "slab")], 12)
)
def test_recorded_operations_end_where_the_model_ends(name):
    case = recordings.load(name)
    story = Recording.of_case({**case, "ops": case["ops"][:100], "results": case["results"][:100]})
    chance = random.Random(name)
    for position in sorted(chance.randint(1, len(story.operations)) for _ in range(8)):
        zone = chance.choice(story.machine.zones)
        story.goto(position - 1)
        before = lists_of_zone(story.machine, zone)
        found = scenes(story, position, zone, zone.zone_start_pfn, 64)
        story.goto(position)
        assert (found[0].lists, found[-1].lists) == (before, lists_of_zone(story.machine, zone))


def test_order_2_out_of_64_pages_is_four_cuts_each_a_scene_of_its_own():
    machine = toy(64)
    story = Recording(machine)
    pfn = machine.alloc_pages(2, MOVABLE, who="me")
    found = whole(story, 1, machine.zones[0])
    assert [scene.what for scene in found] == ["rest", "pass", "take", "cut", "cut", "cut", "cut", "give"]
    hands = [block.pages for scene in found for block in scene.blocks if block.use == "hand"]
    assert hands == [64, 32, 16, 8, 4]
    assert [scene.pfn for scene in found if scene.what == "cut"] == [32, 16, 8, 4]
    assert found[3].sentence == ("Cut 1: 64 pages become 32 and 32; the upper half, +32, goes to the head of order 5.")
    machine.free_pages(pfn)
    found = whole(story, 2, machine.zones[0])
    assert [scene.what for scene in found] == ["rest", "back", "merge", "merge", "merge", "merge", "put"]
    assert found[0].blocks[0].owner == "me"
    assert found[-1].sentence == "The block of 64 pages at +0 goes to the head of the Movable list of order 6."


def test_a_block_that_may_not_merge_goes_to_the_tail_and_the_scene_says_so():
    machine = toy(64)
    story = Recording(machine)
    pages = [machine.alloc_pages(2, MOVABLE) for _ in range(4)]
    machine.alloc_pages(2, MOVABLE)
    for pfn in (pages[2], pages[0]):
        machine.free_pages(pfn)
    found = whole(story, story.position, machine.zones[0])
    assert found[-1].place == (0, 2, None, 2, 2)
    assert ("tail" in found[-1].sentence) == (found[-1].lists[found[-1].place][-1] == pages[0])


def test_a_failure_a_refusal_and_a_cpus_list_are_scenes_too():
    machine = toy(64, marks=(8, 10, 14), stock=(6, 3))
    story = Recording(machine)
    while machine.alloc_pages(0, "GFP_ATOMIC") is not None:
        pass
    zone = machine.zones[0]
    kinds = [scene.what for scene in whole(story, 1, zone)]
    assert kinds.count("refill") == 1 and kinds.count("stock") == 3 and kinds[-1] == "give"
    last = [scene.what for scene in whole(story, story.position, zone)]
    assert last[-1] == "fail" and "slow" in last and "refuse" in last and "pass" not in last


def test_looking_at_scenes_leaves_the_story_where_it_was():
    machine = toy(64)
    story = Recording(machine)
    machine.alloc_pages(2, MOVABLE)
    machine.alloc_pages(3, MOVABLE)
    story.goto(1)
    here = lists_of(machine)
    assert whole(story, 2, machine.zones[0])
    assert (story.position, lists_of(machine)) == (1, here)
