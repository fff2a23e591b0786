"""A kernel is a loaded copy of the model: what is replaced in it is replaced everywhere in it and nowhere else."""

import ast
import functools
from pathlib import Path

import pytest
import toys

from mirrorlab import boot, linux
from mirrorlab.machine import Machine

CALLS = []  # a replacement sees the names of the file it was written in


def helper(pfn):
    CALLS.append(pfn)
    return pfn


def upper_half_expand(zone, pfn, low, high, migratetype):
    """Hand out the upper half... by giving the lower one back first: not what the kernel does."""
    while high > low:
        high -= 1
        half = helper(pfn + (1 << high))
        list_add_tail(half, zone.free_area[high].free_list[migratetype])  # noqa: F821 - a name of page_alloc.py
        set_page_order(zone, half, high, migratetype)  # noqa: F821
        zone.free_area[high].nr_free += 1


def nothing(*args, **options):
    return None


def source_files():
    return {path.stem: ast.parse(path.read_text()) for path in Path(linux.__file__).parent.glob("*.py")}


def functions_of(tree):
    return [node.name for node in tree.body if isinstance(node, ast.FunctionDef)]


@pytest.mark.parametrize("allocator", ["SLUB", "SLAB", "SLOB"])
def test_every_function_name_stands_in_one_file_only(allocator):
    built = {stem for stem in linux.MODULES if linux.BUILT_WITH.get(stem, allocator) == allocator}
    names = [name for stem, tree in source_files().items() if stem in built for name in functions_of(tree)]
    assert len(names) == len(set(names)), sorted(name for name in set(names) if names.count(name) > 1)


def test_every_file_is_part_of_a_kernel():
    assert set(source_files()) == {"__init__", *linux.MODULES}


def test_kernel_functions_with_two_underscores_are_called_from_module_level_only():
    """Inside a class body Python would turn __name into _Class__name."""
    for stem, tree in source_files().items():
        for outer in ast.walk(tree):
            if isinstance(outer, ast.ClassDef):
                for node in ast.walk(outer):
                    name = getattr(node, "id", getattr(node, "attr", ""))
                    if isinstance(name, str) and name.startswith("__"):
                        assert name.endswith("__"), f"{stem}.py: {outer.name} uses {name}"


def test_no_file_holds_state_that_calls_change():
    """Two machines on one kernel: what one does leaves the kernel's own names as they were."""
    kernel = linux.load()
    before = {name: repr(sorted(vars(getattr(kernel, name)).items(), key=str)) for name in linux.MODULES}
    m = toys.machine(1024, kernel=kernel)
    m.sysctl("vm.min_free_kbytes", 64)
    toys.give(m, toys.take(m, 3), toys.take(m))
    assert before == {name: repr(sorted(vars(getattr(kernel, name)).items(), key=str)) for name in linux.MODULES}


def test_two_kernels_share_no_file_and_no_function():
    one, other = linux.load(), linux.load()
    for name in linux.MODULES:
        assert getattr(one, name) is not getattr(other, name)
    assert one.page_alloc.expand is not other.page_alloc.expand
    assert one.page_alloc.expand.__globals__ is vars(one.page_alloc)


def test_a_replacement_is_seen_by_its_own_file():
    kernel = linux.load(replace={"__rmqueue_fallback": nothing})
    m = toys.machine(1024, kernel=kernel)
    assert toys.take(m, 0, "GFP_KERNEL") is None  # all is MOVABLE, and nobody falls back
    assert toys.take(m) == 0


@pytest.mark.parametrize("function", ["list_add", "list_pop", "is_migrate_mirror", "gfp_zone", "page_zone"])
def test_a_replacement_is_seen_by_every_file_that_uses_it(function):
    seen = []
    kernel = linux.load()
    original = getattr(kernel.module_of(function), function)

    def spy(*args):
        seen.append(args)
        return original(*args)

    kernel = linux.load(replace={function: spy})
    for name in linux.MODULES:
        there = vars(getattr(kernel, name)).get(function)
        assert there is None or there is getattr(kernel.module_of(function), function)
    m = toys.machine(2048, mirrored=[(0, 1024)], kernel=kernel)
    seen.clear()
    toys.give(m, toys.take(m, 0, "GFP_KERNEL|__GFP_MIRROR"))
    assert seen


def test_a_replacement_is_seen_nowhere_else():
    broken = linux.load(replace={"expand": nothing})
    m, other = toys.machine(1024, kernel=broken), toys.machine(1024)
    assert toys.take(m) == toys.take(other) == 0
    assert toys.free_blocks(m) == []  # the rest of the block is lost
    assert len(toys.free_blocks(other)) == 10
    assert linux.load().page_alloc.expand.__module__ == "mirrorlab.linux.page_alloc"
    assert toys.take(toys.machine(1024)) == 0


def test_two_kernels_run_side_by_side_step_by_step():
    one = toys.machine(1024)
    other = toys.machine(1024, kernel=linux.load(replace={"parent_will_merge": lambda zone, pfn, order: False}))
    for m in (one, other):
        assert [toys.take(m) for _ in range(8)] == list(range(8))
    for page in (5, 0, 1, 3):
        toys.give(one, page)
        toys.give(other, page)
    assert [block[0] for block in toys.free_blocks(one)][:2] == [5, 3]
    assert [block[0] for block in toys.free_blocks(other)][:2] == [3, 5]


def test_a_replacement_uses_the_names_of_the_kernels_file_and_those_of_its_own():
    CALLS.clear()
    m = toys.machine(16, kernel=linux.load(replace={"expand": upper_half_expand}, config={"FORCE_MAX_ZONEORDER": 4}))
    assert toys.take(m) == 8
    assert [pfn - toys.START for pfn in CALLS] == [12, 10, 9]


def test_a_replacement_uses_its_own_copy_of_what_else_is_replaced():
    kernel = linux.load(replace={"expand": upper_half_expand, "list_add_tail": nothing})
    m = toys.machine(1024, kernel=kernel)
    toys.take(m)
    assert toys.free_blocks(m) == []
    m = toys.machine(1024, kernel=linux.load(replace={"expand": upper_half_expand}))
    toys.take(m)
    assert len(toys.free_blocks(m)) == 10


def test_a_replacement_that_calls_itself_calls_the_replacement():
    def recursive(zone, pfn, low, high, migratetype):
        if high > low:
            expand(zone, pfn, low, high - 1, migratetype)  # noqa: F821 - itself, in this copy

    kernel = linux.load(replace={"expand": recursive})
    kernel.page_alloc.expand(None, 0, 0, 5, 0)


def test_closures_defaults_and_keyword_defaults_survive():
    seen = []

    def outer(limit):
        def spy(g, pfn, start_order, migratetype, extra="default", *, more="more"):
            """A note."""
            seen.append((limit, extra, more))

        return spy

    kernel = linux.load(replace={"change_pageblock_range": outer(7)})
    kernel.page_alloc.change_pageblock_range(None, 0, 0, 0)
    assert seen == [(7, "default", "more")]
    assert kernel.page_alloc.change_pageblock_range.__doc__ == "A note."


def test_anything_that_can_be_called_can_stand_for_a_function():
    kernel = linux.load(replace={"expand": functools.partial(nothing, "extra")})
    assert toys.take(toys.machine(1024, kernel=kernel)) == 0


@pytest.mark.parametrize("name", ["expnad", "Zone", "MAX_ORDER", "OrderedDict", "dataclass", "bisect_right"])
def test_what_is_no_function_of_the_kernel_cannot_be_replaced(name):
    with pytest.raises(ValueError, match=f"the kernel has no function '{name}' to replace"):
        linux.load(replace={name: nothing})


def test_an_unknown_build_option_is_refused_with_the_known_ones():
    with pytest.raises(ValueError, match="unknown build option 'MAX_ORDER': use one of FORCE_MAX_ZONEORDER, HU"):
        linux.load(config={"MAX_ORDER": 8})


def test_asking_for_a_file_that_is_not_there_names_those_that_are():
    with pytest.raises(AttributeError, match="the kernel has no file 'swap'; it has kconfig, bug, list"):
        linux.load().swap  # noqa: B018


def test_a_build_with_max_order_8_has_blocks_up_to_128_pages():
    m = toys.machine(128, kernel=linux.load(config={"FORCE_MAX_ZONEORDER": 8}))
    mmzone = m.kernel.mmzone
    assert (mmzone.MAX_ORDER, mmzone.MAX_ORDER_NR_PAGES, mmzone.pageblock_order) == (8, 128, 7)
    assert toys.free_blocks(m) == [(0, 7, toys.MOVABLE)]
    with pytest.raises(ValueError, match=r"there is no order 8: give a whole number from 0 to 7"):
        m.alloc_pages(8)


@pytest.mark.parametrize(("huge", "order"), [(True, 9), (False, 10)])
def test_page_blocks_are_huge_pages_or_the_largest_blocks(huge, order):
    assert linux.load(config={"HUGETLB_PAGE": huge}).mmzone.pageblock_order == order


def test_without_memory_mirror_nothing_of_the_rfc_is_left():
    kernel = linux.load(config={"MEMORY_MIRROR": False})
    mmzone = kernel.mmzone
    assert mmzone.MIGRATETYPE_NAMES == ("Unmovable", "Reclaimable", "Movable", "Reserve")
    assert (mmzone.MIGRATE_PCPTYPES, mmzone.MIGRATE_TYPES, mmzone.MIGRATE_RESERVE) == (3, 4, 3)
    assert "__GFP_MIRROR" not in kernel.gfp.names(kernel.gfp.__GFP_BITS_MASK)
    assert not any(mmzone.is_migrate_mirror(migratetype) for migratetype in range(mmzone.MIGRATE_TYPES))
    m = toys.machine(1024, kernel=kernel)
    for gfp in ("GFP_KERNEL|__GFP_MIRROR", 0x2000000):
        with pytest.raises(ValueError, match="unknown GFP"):
            m.alloc_pages(0, gfp)


def test_memory_isolation_adds_a_migratetype():
    mmzone = linux.load(config={"MEMORY_ISOLATION": True}).mmzone
    assert mmzone.MIGRATETYPE_NAMES[mmzone.MIGRATE_ISOLATE] == "Isolate"
    assert mmzone.MIGRATE_TYPES == 6


def test_a_recording_runs_on_the_build_it_was_recorded_on():
    assert Machine.from_recording("split-merge-one-0").kernel.mmzone.pageblock_order == 9
    assert Machine.from_recording("split-merge-b_one-0").kernel.mmzone.pageblock_order == 10


def test_without_numa_there_is_one_node_no_count_by_node_and_no_mirror():
    m = boot("toy-two-nodes", kernel=linux.load(config={"NUMA": False}))
    with_numa = boot("toy-two-nodes", kernel=linux.load(config={"MEMORY_MIRROR": False}))
    assert {zone.node for zone in m.zones} == {0}
    assert {zone.node for zone in with_numa.zones} == {0, 1}
    assert sum(zone.present_pages for zone in m.zones) == sum(zone.present_pages for zone in with_numa.zones)
    assert m.alloc_pages(0, "GFP_KERNEL", cpu=1) is not None
    for words in ("numa_hit", "SRAT", "Faking a node", "Policy zone", "Mirror"):
        assert words not in m.proc("vmstat") + m.proc("zoneinfo") + m.proc("dmesg") + m.proc("pagetypeinfo")
    assert "zonelists in Zone order" in m.proc("dmesg")
    assert "__GFP_MIRROR" not in m.kernel.gfp.names(0x2000000)
    assert not any(name.startswith("node") for name in m.kernel.root.proc_files(m.g))


def test_the_mirror_cannot_be_had_without_numa():
    with pytest.raises(ValueError, match=r"^MEMORY_MIRROR depends on NUMA, which is off"):
        linux.load(config={"NUMA": False, "MEMORY_MIRROR": True})
