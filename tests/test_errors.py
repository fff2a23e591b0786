"""What an uncorrectable error does: the measured outcomes and words, and which of them were not measured."""

import pytest
from toys import START, everything, machine, take

from mirrorlab import Machine, boot
from mirrorlab.linux.mmzone import MirrorInfo
from mirrorlab.machine.holders import present
from mirrorlab.questions.memory_errors import FOUND, KINDS, OUTCOMES, Errors, cases, kind_of, pages_of, recorded, table


@pytest.fixture
def m():
    """A toy of 2,048 pages, the upper half of it mirrored."""
    return machine(2048, mirrored=[(1024, 1024)])


def outcome(kind, found):
    return cases()[kind, found].outcome


def test_there_is_an_outcome_for_every_kind_of_page_and_every_way_to_find_the_error():
    assert set(cases()) == {(kind, found) for kind in KINDS for found in FOUND}
    assert {case.outcome for case in cases().values()} == set(OUTCOMES)
    assert all(case.text and case.known_by for case in cases().values())


def test_what_was_measured_comes_out_as_measured():
    assert outcome("user", "user") == "process"  # c1
    assert outcome("kernel", "kernel") == "panic"  # c2
    assert outcome("user", "scrubber") == "process"  # c3
    assert outcome("kernel", "scrubber") == "ignored"  # c4
    measured = {pair for pair, case in cases().items() if case.evidence == "measured"}
    assert measured == {("user", "user"), ("kernel", "kernel"), ("user", "scrubber"), ("kernel", "scrubber")}
    injected = {pair for pair, case in cases().items() if case.evidence == "injected"}
    assert injected == {("free", "scrubber"), ("reserved", "scrubber")}


def test_only_what_was_recorded_has_lines_of_a_log():
    for case in cases().values():
        assert bool(case.log) == (case.evidence in ("measured", "injected"))


@pytest.mark.parametrize(
    ("name", "pair", "pfn", "address"),
    [
        ("c1", ("user", "user"), "0x14030f", "14030f000"),
        ("c2", ("kernel", "kernel"), "0x100041", "100041000"),
        ("c3", ("user", "scrubber"), "0x1402fc", "1402fc000"),
        ("c4", ("kernel", "scrubber"), "0x100041", "100041000"),
    ],
)
def test_the_lines_of_a_measured_case_stand_in_the_recorded_log_in_this_order(name, pair, pfn, address):
    said = [line.partition("] ")[2] for line in recorded(name) if line.startswith("[ ")]
    lines = [line.format(pfn=pfn, address=address, pid=168) for line in cases()[pair].log]
    assert cases()[pair].evidence == "measured"
    assert [line for line in said if line in lines] == lines


def test_an_unknown_recorded_log_is_refused_with_those_there_are():
    with pytest.raises(ValueError, match="choose from c1, c2, c3, c4"):
        recorded("c5")


def test_that_the_mirror_corrects_is_marked_as_not_measured():
    found = [case for (kind, _), case in cases().items() if kind == "mirrored" and case.outcome == "corrected"]
    assert len(found) == 3
    assert {case.known_by for case in found} == {"from the literature, not measured"}


def test_the_kernel_panics_in_its_own_words(m):
    pfn = m.alloc_pages(0, "GFP_KERNEL", who="inode")
    assert str(Errors(m).hit(pfn, "kernel")).splitlines() == [
        f"An uncorrectable error in page +{pfn - START} of Normal (kernel, of inode), "
        "read by the kernel: kernel panic.",
        "  The kernel cannot go on without the data. The machine stops.",
        "  | mce: [Hardware Error]: CPU 0: Machine Check Exception: 7 Bank 9: bd80000000000134",
        "  | mce: [Hardware Error]: Machine check: Data load in unrecoverable area of kernel",
        "  | Kernel panic - not syncing: Fatal machine check",
        "  [measured: machine check in an emulated machine, Linux 6.1.192]",
    ]


def test_the_log_names_the_page_that_was_hit(m):
    pfn = m.alloc_pages(0, "GFP_HIGHUSER_MOVABLE")
    assert Errors(m).hit(pfn, "user").log == [
        f"mce: Uncorrected hardware memory error in user-access at {pfn << 12:x}",
        "mce: [Hardware Error]: CPU 0: Machine Check Exception: 7 Bank 9: bd80000000000134",
        f"Memory failure: {pfn:#x}: Sending SIGBUS to lab:168 due to hardware memory corruption",
        f"Memory failure: {pfn:#x}: recovery action for dirty LRU page: Recovered",
    ]


def test_a_page_is_of_the_kind_that_its_holder_and_its_place_make_it(m):
    user, kernel = m.alloc_pages(0, "GFP_HIGHUSER_MOVABLE"), m.alloc_pages(0, "GFP_KERNEL")
    mirrored = m.alloc_pages(0, "GFP_KERNEL|__GFP_MIRROR")
    assert [kind_of(m, pfn) for pfn in (user, kernel, mirrored)] == ["user", "kernel", "mirrored"]
    assert kind_of(m, START + 1023) == "free"
    assert kind_of(m, START + 2047) == "mirrored"  # free, and mirrored all the same


def test_every_page_of_a_block_is_its_owners(m):
    pfn = START + take(m, 3, "GFP_KERNEL")
    assert [kind_of(m, pfn + page) for page in range(8)] == ["kernel"] * 8


def test_pages_on_a_cpus_list_are_free():
    m = machine(1024, high=8, batch=4)
    m.free_pages(m.alloc_pages(0, "GFP_KERNEL"))
    (pfn, *_) = (pfn for pages in m.zones[0].pageset[0].lists for pfn in pages)
    assert kind_of(m, pfn) == "free"


def test_a_reserved_page_is_reserved():
    m = Machine.from_recording("exhaustion-one-0")
    assert kind_of(m, m.g.reserved_runs[0][0]) == "reserved"


def test_what_the_hardware_mirrors_below_4_gib_is_mirrored_though_the_rfc_leaves_it_out():
    m = Machine.from_recording("zones-low-0")
    low = next(entry for entry in m.g.mirror_info if entry.start < 4 << 30)
    assert kind_of(m, low.start >> 12) == "mirrored"


def test_a_page_found_bad_counts_once(m):
    pfn = m.alloc_pages(0, "GFP_KERNEL")
    errors = Errors(m)
    errors.hit(pfn, "scrubber")
    again = errors.hit(pfn, "scrubber")
    assert again.log == [f"Memory failure: {pfn:#x}: already hardware poisoned"]
    assert errors.hardware_corrupted == 4


def test_a_bad_page_that_was_ignored_still_kills_when_the_kernel_reads_it(m):
    pfn = m.alloc_pages(0, "GFP_KERNEL")
    errors = Errors(m)
    errors.hit(pfn, "scrubber")
    errors.hit(pfn, "kernel")
    assert errors.panicked


def test_a_page_taken_out_of_use_harms_nobody_later(m):
    pfn = m.alloc_pages(0, "GFP_HIGHUSER_MOVABLE")
    errors = Errors(m)
    errors.hit(pfn, "scrubber")
    errors.hit(pfn, "kernel")
    assert not errors.panicked and errors.hardware_corrupted == 4


def test_after_a_panic_nothing_more_can_happen(m):
    errors = Errors(m)
    errors.hit(m.alloc_pages(0, "GFP_KERNEL"), "kernel")
    with pytest.raises(ValueError, match="start again"):
        errors.hit(START, "scrubber")
    assert errors.text().endswith("The machine has stopped.")
    errors.clear()
    assert not errors.panicked and errors.text() == "No error yet."


@pytest.mark.parametrize(
    ("found", "message"),
    [("kernel", "does not read free pages"), ("user", "No process can read a free page"), ("guess", "choose from")],
)
def test_an_error_cannot_be_found_where_nobody_looks(m, found, message):
    errors = Errors(m)
    with pytest.raises(ValueError, match=message):
        errors.hit(START + 1023, found)
    with pytest.raises(ValueError, match="there is no page 7"):
        errors.hit(7, "scrubber")
    assert errors.hits == []


def test_a_storm_is_the_same_for_the_same_seed(m):
    take(m, 4, "GFP_KERNEL")
    storms = [Errors(m), Errors(m), Errors(m)]
    for errors, seed in zip(storms, (1, 1, 2), strict=True):
        errors.storm(50, seed)
    assert storms[0].hits == storms[1].hits != storms[2].hits


def test_a_storm_of_errors_found_in_no_known_way_is_refused(m):
    errors = Errors(m)
    with pytest.raises(ValueError, match="not found 'kernle': choose from never read, scrubber, user, kernel"):
        errors.storm(3, 0, "kernle")
    assert errors.hits == []


def test_a_machine_has_one_set_of_books(m):
    assert Errors.of(m) is Errors.of(m)
    assert Errors.of(m).hit(START + 1023, "never read") in m.errors.hits
    assert Errors.of(m.copy()).hits == []


def test_where_there_is_no_memory_there_is_no_error():
    m = boot("toy-64m")
    errors = Errors(m)
    with pytest.raises(ValueError, match=r"no memory at page \+199 of DMA: choose another page"):
        errors.hit(200, "scrubber")  # between 640 KiB and 1 MiB
    assert errors.hit(1, "scrubber").case.kind == "reserved"
    with pytest.raises(ValueError, match="no page 1000000000"):
        errors.hit(10**9, "scrubber")
    assert errors.hardware_corrupted == 4


def test_a_storm_ends_with_a_panic(m):
    for _ in range(32):
        take(m, 4, "GFP_KERNEL")
    errors = Errors(m)
    hits = errors.storm(1000, 0, "kernel")
    assert errors.panicked and len(hits) < 1000
    assert [hit.outcome for hit in hits].index("panic") == len(hits) - 1


def test_a_storm_leaves_the_allocator_alone(m):
    state = everything(m)
    Errors(m).storm(200, 3)
    assert everything(m) == state


def test_nothing_but_the_processes_lose_when_all_of_the_kernel_is_mirrored():
    m = machine(1024)
    m.g.mirror_info = [MirrorInfo(0, START << 12, 1024 << 12)]
    for _ in range(32):
        take(m, 4, "GFP_KERNEL")
    errors = Errors(m)
    errors.storm(500, 0, "kernel")
    assert not errors.panicked and set(errors.tally()) == {"corrected"}


def test_the_table_says_what_was_measured():
    assert table().splitlines()[3].endswith("kernel panic (m)")
    assert "corrected from the other copy (l)" in table()


def test_a_hole_is_no_reserved_page_even_where_no_memory_is_reserved():
    m = boot(machine_of_low_memory())
    assert pages_of(m)["reserved"].without(present(m)).pages() == 0
    for seed in range(30):  # a hole would raise ValueError
        Errors(m).storm(40, seed, "scrubber")


def machine_of_low_memory():
    """48 MiB, with the hole between 640 KiB and 1 MiB, and nothing reserved."""
    return {"memory": [{"start": 0, "size": "640 KiB"}, {"start": "1 MiB", "size": "47 MiB"}]}
