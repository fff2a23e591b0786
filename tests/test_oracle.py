"""The judge: the model agrees with every recorded case, a wrong model does not, and a wrong recording does not."""

import copy
import json
import re

import pytest
import toys
from wrong_rules import WRONG

from mirrorlab import linux
from mirrorlab.oracle import cases as recordings
from mirrorlab.oracle import replay as oracle
from mirrorlab.oracle.state import build_options

# -- Agreeing -----------------------------------------------------------------------------------------------------


def has_pages_only(name):
    return not name.startswith(("boot-", "slab"))


@pytest.mark.parametrize("name", [name for name in recordings.names() if has_pages_only(name)])
def test_the_model_does_what_linux_did(name):
    verdict = oracle.replay(recordings.load(name))
    assert verdict.difference is None, str(verdict.difference)
    assert verdict.agrees


def test_cases_of_every_kind_are_replayed():
    kinds = {recordings.load(name)["category"] for name in recordings.names() if has_pages_only(name)}
    assert kinds == {
        *("order0-pcp", "split-merge", "fallback", "mirror", "exhaustion", "fragmentation", "boundary-merge", "zones"),
        *("wmark", "wmark-op", "numa", "multi-cpu", "fuzz"),
    }


# -- Wrong models are caught --------------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "function", "old", "new"), [row[1:] for row in WRONG], ids=[row[0] for row in WRONG])
def test_a_wrong_rule_is_caught(name, function, old, new):
    case = recordings.load(name)
    verdict = oracle.replay(case, toys.altered(function, old, new, build_options(case["machine"])))
    assert verdict.difference is not None, f"{name} agrees although {function}() is wrong"
    assert verdict.difference.linux != verdict.difference.model


# -- Wrong recordings are caught ----------------------------------------------------------------------------------

# Small cases that together hold every kind of number: two nodes, two CPUs, remembered types, full zones, caches.
RECORDED = (
    *("numa-numa1-2", "zones-biglow-1", "split-merge-smp-0", "split-merge-b_one-0", "split-merge-moff-0"),
    *("slab-one-0", "slab-node-node2-2", "slab-SLAB-c_smp-0", "slab-SLOB-d_one-2"),
)
NOT_COMPARED = re.compile(
    r"free_area\[\d+\]\.mt_exceptions|^slob\.params|pfmemalloc"
    r"|params\.(offset|reserved|remote_node_defrag_ratio|has_cpu_partial)"
)

# Where a number stands in a recorded zone -> how a difference there is called; {} stands for what the path says.
CALLED = {
    r"watermark\.(\w+)": "watermark, {}",
    r"flags": "zone, flags",
    r"nr_migrate_reserve_block": "zone, nr_migrate_reserve_block",
    r"vm_stat\.(\w+)": "counter, {}",
    r"cpus\[(\d)\]\.vm_stat_diff\.(\w+)": "CPU's difference, CPU {}, {}",
    r"cpus\[(\d)\]\.(count|high|batch|stat_threshold)": "CPU, CPU {}, {}",
    r"cpus\[(\d)\]\.lists.*": "CPU's list, CPU {}, ",
    r"cpus\[\d\]\.mt_exceptions.*": "remembered type, ",
    r"free_area\[(\d+)\]\.nr_free": "nr_free, order {}",
    r"free_area\[(\d+)\]\.lists.*": "free list, order {}, ",
}
# A state of another machine, or one that contradicts itself.
UNLIKE = (
    *("zones", "zonelist caches", "CPUs of ", "orders of ", "page blocks of ", "number of page blocks of "),
    "pages of a list, each once",
)


def called(path, case):
    """What a difference at a place of a recorded state is called, as far as that is known."""
    zone, _, place = path.partition(".")
    if not zone.startswith("zones["):
        settings = {"sysctl_mirrorable": "setting, vm.mirrorable", "min_free_kbytes": "setting, vm.min_free_kbytes"}
        return settings.get(path, "zonelist, " if path.startswith("zlc_full") else "")
    for pattern, words in CALLED.items():
        if found := re.fullmatch(pattern, place):
            shape = case["machine"]["zones"][int(zone[6:-1])]
            several = f" of node {shape['node']}" if len(case["machine"]["nodes"]) > 1 else ""
            return f"{shape['name']}{several}: {words.format(*found.groups())}"
    return "page block" if place.startswith("pageblocks") else "no number of a zone is elsewhere"


def numbers_in(value, path=""):
    """Every number in a state, as (path as the judge writes it, its container, its key)."""
    keys = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, each in keys:
        here = f"{path}[{key}]" if isinstance(value, list) else f"{path}.{key}".lstrip(".")
        if isinstance(each, int):
            yield here, value, key
        else:
            yield from numbers_in(each, here)


def kind_of(path):
    """A path without its indices: numbers of one kind are compared in the same way."""
    return re.sub(r"\[\d+\]|(?<=lists\.)\d|(?<=exceptions\.)\d", "*", path)


@pytest.fixture(scope="module", params=RECORDED)
def ended(request):
    """A case that has been replayed to its end, and agrees."""
    case = recordings.load(request.param)
    running = oracle.Replay(case)
    for op, result in zip(case["ops"], case["results"], strict=True):
        assert running.step(op) == result
    assert running.state_difference(case["final"]) is None
    return running


def test_any_altered_number_of_the_final_state_is_reported_at_its_place(ended):
    """Of every kind of number the first, a middle and the last one."""
    final = json.loads(json.dumps(ended.case["final"]))
    kinds = {}
    for place in numbers_in(final):
        if not NOT_COMPARED.search(place[0]):
            kinds.setdefault(kind_of(place[0]), []).append(place)
    assert len(kinds) > 40
    for places in kinds.values():
        for path, container, key in {0: places[0], 1: places[len(places) // 2], 2: places[-1]}.values():
            was = container[key]
            container[key] = was ^ 1 << 5 if re.fullmatch(r"zones\[\d\]\.flags", path) else was + 1
            found = ended.state_difference(final)
            assert found is not None, f"{path}: {was} became {container[key]}, and nobody noticed"
            what, theirs, ours = found
            assert theirs != ours
            assert what.startswith((called(path, ended.case), *UNLIKE)), f"{path} was altered, {what} was reported"
            container[key] = was
    assert ended.state_difference(final) is None


def the_longest_list(state):
    return max(
        (pages for zone in state["zones"] for area in zone["free_area"] for pages in area["lists"].values()), key=len
    )


@pytest.mark.parametrize(
    "alter",
    [
        lambda pages: pages.reverse(),
        lambda pages: pages.append(pages.pop(0)),
        lambda pages: pages.pop(),
        lambda pages: pages.append(pages[0] + 1),
    ],
    ids=["another order", "head at the tail", "one block missing", "one block too many"],
)
def test_a_list_must_be_the_same_in_the_same_order(ended, alter):
    final = copy.deepcopy(ended.case["final"])
    pages = the_longest_list(final)
    assert len(pages) > 1
    alter(pages)
    what, theirs, ours = ended.state_difference(final)
    assert re.fullmatch(r"(DMA|DMA32|Normal)( of node \d)?: free list, order \d+, \w+", what)
    assert theirs == pages != ours


def test_a_list_that_only_one_side_has_is_reported(ended):
    final = copy.deepcopy(ended.case["final"])
    lists = final["zones"][0]["free_area"][10]["lists"]
    kind = "3" if "3" not in lists else "1"
    lists[kind] = [99]
    what, theirs, ours = ended.state_difference(final)
    assert what.endswith(f": free list, order 10, {'Mirror' if kind == '3' else 'Reclaimable'}")
    assert (theirs, ours) == ([99], [])


def test_remembered_types_that_only_one_side_has_are_reported(ended):
    final = copy.deepcopy(ended.case["final"])
    final["zones"][0]["cpus"][0]["mt_exceptions"]["1"] = [[5, 4]]
    what, theirs, ours = ended.state_difference(final)
    assert what.endswith(": remembered type, 5")
    assert (theirs, ours) == ("Reserve", None)


def test_a_zone_that_was_full_must_be_remembered_as_full():
    case = recordings.load("numa-numa1-2")
    running = oracle.Replay(case)
    for op in case["ops"]:
        running.step(op)
    final = copy.deepcopy(case["final"])
    final["zlc_full"][0][2].append(99)
    what, theirs, ours = running.state_difference(final)
    assert what == "zonelist, 0 of node 0, fullzones"
    assert theirs == (*ours, 99)


def case_with_a_dump():
    for name in recordings.names():
        case = recordings.load(name)
        if has_pages_only(name) and case["dumps"]:
            return copy.deepcopy(case)
    raise AssertionError("no case has a dump")


def test_an_altered_dump_is_reported_with_its_operation():
    case = case_with_a_dump()
    index, state = next(iter(case["dumps"].items()))
    state["zones"][0]["vm_stat"]["NR_FREE_PAGES"] += 1
    difference = oracle.replay(case).difference
    assert difference.operation == int(index)
    assert difference.what == "DMA: counter, NR_FREE_PAGES"
    assert difference.linux == difference.model + 1


@pytest.mark.parametrize("kind", ["alloc", "alloc_many", "free", "free_range", "drain", "set_mirrorable"])
def test_an_altered_result_is_reported_with_what_linux_and_the_model_did(kind):
    for name in recordings.names():
        case = recordings.load(name)
        found = [index for index, op in enumerate(case.get("ops", ())) if op["op"] == kind]
        if has_pages_only(name) and found:
            break
    index, case = found[-1], copy.deepcopy(case)
    true = case["results"][index]
    case["results"][index] = "something else"
    difference = oracle.replay(case).difference
    assert (difference.case, difference.operation) == (name, index)
    assert (difference.linux, difference.model) == ("something else", true)
    assert difference.what.startswith(f"{kind}(")
    assert "free blocks of order" in difference.before

    text = str(difference)
    assert text.startswith(f"{name}, operation {index}: {kind}(")
    assert "\n  Linux: something else\n" in text
    assert f"\n  model: {oracle.shorten(true)}\n" in text


def test_a_difference_at_the_end_is_called_so():
    case = copy.deepcopy(recordings.load("wmark-one"))
    case["final"]["min_free_kbytes"] += 1
    difference = oracle.replay(case).difference
    assert difference.operation is None
    assert str(difference).startswith("wmark-one, the final state: setting, vm.min_free_kbytes\n  Linux: ")


def test_the_free_lists_shown_are_those_before_the_operation():
    case = copy.deepcopy(recordings.load("split-merge-one-0"))
    case["results"][0] = -1
    assert oracle.replay(case).difference.before == repr(oracle.Replay(case).machine)


def test_a_case_is_not_changed_by_replaying_it():
    case = recordings.load("split-merge-one-0")
    before = copy.deepcopy(case)
    oracle.replay(case)
    assert case == before


def test_an_operation_is_told_with_its_flags_by_name():
    running = oracle.Replay(recordings.load("split-merge-one-0"))
    op = {"op": "alloc", "id": 3, "order": 2, "gfp": 0x2000020, "nid": -1, "cpu": 1}
    assert oracle.in_words(op, running) == "alloc(id=3, order=2, gfp=GFP_ATOMIC|__GFP_MIRROR, nid=-1, cpu=1)"
    assert oracle.in_words({"op": "dump"}, running) == "dump()"


def test_a_replay_runs_on_the_kernel_it_is_given():
    kernel = linux.load()
    assert oracle.Replay(recordings.load("split-merge-one-0"), kernel).machine.kernel is kernel
