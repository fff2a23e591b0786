"""The explanation of a request: what the kernel did, with its numbers; the machine stays as it is."""

import pytest
from toys import START, everything, machine, take

from mirrorlab.oracle import cases as recordings
from mirrorlab.oracle.replay import Replay
from mirrorlab.questions.explain import BELOW, DEPLETED, EMPTY, FULL, OTHER_NODE, SERVED, explain


def before(case, index, request=0):
    """The machine of a recorded case before an operation (alloc_many: before its nth request), and the operation."""
    case = recordings.load(case)
    op, replay = case["ops"][index], Replay(case)
    for earlier in case["ops"][:index]:
        replay.step(earlier)
    for _ in range(request):
        replay.machine.alloc_pages(op["order"], op["gfp"], cpu=op["cpu"])
    return replay.machine, op


def explained(case, index, request=0):
    m, op = before(case, index, request)
    nid = None if op["nid"] < 0 else op["nid"]
    return explain(m, op["order"], op["gfp"], nid=nid, cpu=op["cpu"])


def looks(explanation, zone):
    return [look for attempt in explanation.attempts for look in attempt.looks if look.zone == zone]


def test_a_mirrored_request_fails_with_232_mirrored_pages_free():
    told = explained("exhaustion-all-0", 62)  # hazard 1
    assert told.failed and told.mirror and told.natural == "Reclaimable"
    first, again, slow = looks(told, "Normal")
    assert [look.what for look in (first, again, slow)] == [BELOW, BELOW, EMPTY]
    assert (first.checks[0].free, first.mark, first.checks[0].mark) == (232, "low", 233)
    assert (slow.mark, slow.checks[0].mark, slow.large_enough) == ("min", 187, {"Mirror": 232})
    assert told.reasons == [
        "Normal has 232 Mirror pages in blocks large enough, but only a zone above its low watermark gives them out."
    ]


def test_below_the_low_watermark_a_mirrored_request_is_served_somewhere_else():
    served = recordings.load("exhaustion-all-0")["results"][43]
    spilled = next(n for n, pfn in enumerate(served) if pfn < START)
    told = explained("exhaustion-all-0", 43, spilled)  # hazard 3
    assert told.pfn == served[spilled]
    assert told.page == "page +7306 of DMA32 (memory below 4 GiB)"
    assert told.reasons[0] == "It asked for mirrored memory and got other memory."


def test_a_request_fails_with_761_pages_free_and_the_watermark_met():
    told = explained("exhaustion-one-0", 205)  # hazard 2
    *_, last = looks(told, "Normal")
    assert told.failed and (last.free, last.what, last.large_enough) == (761, EMPTY, {"Mirror": 760})
    assert [check.free for check in last.checks] == [758, 757, 757]
    assert all(check.passed for check in last.checks)
    assert "passes the check with 761 free pages" in told.reasons[0]
    assert "is not for Movable requests" in told.reasons[0]


def test_the_story_names_each_zone_and_each_number():
    assert str(explained("exhaustion-one-0", 205)).splitlines() == [
        "Asked: 4 pages in one block (order 2), __GFP_MOVABLE|__GFP_NOWARN|__GFP_NO_KSWAPD.",
        "Type: Movable. Zones, in this order: Normal, DMA32, DMA.",
        "1. First attempt, above the low watermark, zone after zone, as Movable:",
        "   Normal: 761 - 3 = 758 > 233; from order 1 up 757 > 116; from order 2 up 757 > 58: enough, "
        "but no block for Movable. Free in blocks of order 2 or more: 760 Mirror.",
        "   DMA32: 0 - 3 = -3 is not > 108 + 59 kept for others: too few, passed over.",
        "   DMA: 0 - 3 = -3 is not > 60 + 87 kept for others: too few, passed over.",
        "2. Slow path, above the min watermark, then by a quarter more, as Movable:",
        "   Normal: 761 - 3 = 758 > 141; from order 1 up 757 > 70; from order 2 up 757 > 35: enough, "
        "but no block for Movable. Free in blocks of order 2 or more: 760 Mirror.",
        "   DMA32: 0 - 3 = -3 is not > 66 + 59 kept for others: too few, passed over.",
        "   DMA: 0 - 3 = -3 is not > 36 + 87 kept for others: too few, passed over.",
        "No page. Normal passes the check with 761 free pages, but what is large enough (760 Mirror) "
        "is not for Movable requests.",
    ]


def test_pages_in_a_zone_that_the_request_may_not_use_are_named():
    told = explained("exhaustion-movable-0", 62)  # hazard 17
    assert told.reasons[-1] == "10165 pages are free in Movable, which this request may not use."


def test_another_node_is_looked_at_in_a_walk_of_its_own():
    told = explained("numa-numa-1", 15)
    assert told.zones[0] == "Normal of node 1"
    assert looks(told, "Normal of node 0")[0].what == OTHER_NODE
    assert looks(told, "Normal of node 0")[1].what in (EMPTY, SERVED)


def test_a_zone_remembered_as_full_is_left_out():
    told = explained("numa-numa1-2", 188)
    assert any(look.what == FULL for attempt in told.attempts for look in attempt.looks)


def test_a_zone_whose_fair_share_is_used_up_is_left_out():
    m = machine(1024)
    m.zones[0].flags |= m.kernel.mmzone.ZONE_FAIR_DEPLETED
    told = explain(m, 0)
    assert [look.what for look in looks(told, "Normal")] == [DEPLETED, SERVED]
    assert told.attempts[1].title == "The same, with every zone's fair share renewed"


def test_an_explanation_does_not_change_the_machine():
    m = machine(1024, mirrored=[(0, 512)], min_free_kbytes=64)
    state = everything(m)
    told = explain(m, 3, "GFP_KERNEL|__GFP_MIRROR")
    assert everything(m) == state
    assert m.alloc_pages(3, "GFP_KERNEL|__GFP_MIRROR") == told.pfn


def test_what_alloc_pages_refuses_is_refused_here():
    m = machine(1024)
    with pytest.raises(ValueError, match="there is no order 11"):
        explain(m, 11)
    with pytest.raises(ValueError, match="there is no CPU 7"):
        explain(m, 0, cpu=7)


def test_a_replaced_rule_is_told_as_it_is():
    def __zone_watermark_ok(zone, order, mark, classzone_idx, alloc_flags, free_pages):
        return False

    from mirrorlab import linux

    m = machine(1024, kernel=linux.load(replace={"__zone_watermark_ok": __zone_watermark_ok}))
    told = explain(m, 0)
    assert told.failed and [look.checks for look in looks(told, "Normal")] == [[], []]
    assert "Normal: 1024 free: too few, passed over." in str(told)


def test_the_profiler_is_left_as_it_was():
    import sys

    def mine(frame, event, argument):
        pass

    sys.setprofile(mine)
    try:
        explain(machine(1024), 0)
        assert sys.getprofile() is mine
    finally:
        sys.setprofile(None)


CASES = ["exhaustion-small-0", "mirror-two-1", "numa-numa1-2", "zones-movable-0"]


@pytest.mark.parametrize("case", CASES)
def test_every_request_of_a_recording_is_explained_as_linux_answered_it(case):
    case = recordings.load(case)
    replay = Replay(case)
    for op, result in zip(case["ops"], case["results"], strict=True):
        if op["op"] == "alloc" and op["order"] < 11:
            nid = None if op["nid"] < 0 else op["nid"]
            told = explain(replay.machine, op["order"], op["gfp"], nid=nid, cpu=op["cpu"])
            assert told.pfn == result
            checked = [look for attempt in told.attempts for look in attempt.looks if look.mark]
            assert checked and all(look.checks for look in checked)  # our numbers say what the kernel said
            served = [look for look in checked if look.what == SERVED]
            assert len(served) == (result is not None)
        replay.step(op)


def test_a_toy_that_runs_dry():
    m = machine(1024, min_free_kbytes=64)
    while take(m, 4) is not None:
        pass
    told = explain(m, 4)
    assert told.failed and told.reasons
