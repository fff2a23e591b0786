"""A load runs until a request finds no page; what it saw on the way; the same seed, the same run."""

import pytest
from toys import START, everything, machine

from mirrorlab import Machine
from mirrorlab.machine.holders import CLASSES, free_by_class
from mirrorlab.questions.load import WHO, Load, Run


def toy(**more):
    """2,048 pages, the upper half of them mirrored."""
    return machine(2048, mirrored=[(1024, 1024)], min_free_kbytes=128, **more)


def test_a_load_runs_until_a_request_finds_no_page():
    m = toy()
    run = Run(m, Load(seed=1))
    failure = run.go()
    assert failure is not None and failure == run.failure
    assert m.alloc_pages(failure.order, failure.gfp) is None
    assert sum(run.failed.values()) == 1 and run.failed[failure.who] == 1


def test_the_failing_request_is_explained():
    run = Run(toy(), Load(kernel=0, seed=1))
    run.go()
    assert run.explanation.failed and run.explanation.order == run.failure.order
    assert "is not for Movable requests" in run.explanation.reasons[0]


def test_only_mirrored_memory_is_left_when_only_processes_ask():
    run = Run(toy(), Load(kernel=0, orders=(1,), frees=0, seed=1))
    run.go()
    first, last = run.samples[0], run.samples[-1]
    assert first.free["mirrored"] == last.free["mirrored"] == 1024
    assert last.free["unmirrored"] == 0


def test_the_same_seed_is_the_same_run():
    runs = [Run(toy(), Load(seed=seed)) for seed in (3, 3, 4)]
    for run in runs:
        run.go()
    assert runs[0].samples == runs[1].samples != runs[2].samples
    assert everything(runs[0].machine) == everything(runs[1].machine)


def test_running_on_counts_every_failure():
    run = Run(toy(), Load(frees=0, seed=1))
    run.go()
    run.go(500, past_failures=True)
    assert run.failure is None and sum(run.failed.values()) > 100
    assert [sample.operation for sample in run.samples] == sorted(sample.operation for sample in run.samples)
    assert run.samples[-1].failed == run.failed


def test_mirrored_requests_that_get_other_memory_are_counted():
    run = Run(toy(), Load(kernel=1, mirrored=1, orders=(1,), frees=0, seed=1))
    run.go()
    got = [pfn for pfn, owner in run.machine.owners.items()]
    assert run.astray == sum(pfn < START + 1024 for pfn in got) > 0


def test_samples_say_how_memory_stood():
    m = toy()
    run = Run(m, Load(seed=2))
    run.go(100)
    last = run.samples[-1]
    assert tuple(last.free) == CLASSES and last.free == free_by_class(m)
    assert [zone.name for zone in last.zones] == ["Normal"]
    assert last.zones[0].free == sum(last.free.values())
    assert last.zones[0].marks == tuple(m.zones[0].watermark)


def run_whose_blocks_somebody_has_freed():
    m = toy()
    run = Run(m, Load(seed=2, frees=0.5))
    run.go(200)
    for pfn in list(m.owners):
        m.free_pages(pfn)
    return m, run


def test_blocks_that_somebody_else_has_freed_are_forgotten():
    _, run = run_whose_blocks_somebody_has_freed()
    run.go(200)
    assert run.operation == 400


def test_blocks_that_somebody_else_has_got_meanwhile_are_left_alone():
    m, run = run_whose_blocks_somebody_has_freed()
    theirs = [m.alloc_pages(who="somebody") for _ in range(40)]
    run.go(400)
    assert [m.owners[pfn].who for pfn in theirs] == ["somebody"] * 40


@pytest.mark.parametrize("case", ["exhaustion-none-0", "exhaustion-all-0", "numa-numa-1"])
def test_machines_without_mirror_all_mirrored_and_with_two_nodes(case):
    run = Run(Machine.from_recording(case), Load(orders=(0, 0, 0, 2, 1), frees=0, seed=1))
    assert run.go() is not None
    assert run.text().splitlines()[0].endswith(("is mirrored.", "are mirrored."))


def test_a_kernel_without_the_rfc_is_never_asked_for_mirrored_memory():
    run = Run(machine(1024, MEMORY_MIRROR=False, min_free_kbytes=64), Load(kernel=1, mirrored=1, seed=1))
    run.go()
    assert {owner.who for owner in run.machine.owners.values()} == {"kernel"}


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"kernel": 2}, "kernel is a share"),
        ({"mirrored": -0.1}, "mirrored is a share"),
        ({"frees": 1}, "smaller share"),
        ({"orders": ()}, "orders says how often"),
        ({"orders": (0, 0)}, "orders says how often"),
    ],
)
def test_a_load_without_sense_is_refused(wrong, message):
    with pytest.raises(ValueError, match=message):
        Load(**wrong)


def test_orders_that_the_machine_does_not_know_are_refused():
    with pytest.raises(ValueError, match="orders go from 0 to 10"):
        Run(machine(1024), Load(orders=(1,) * 12))


def test_the_run_in_words():
    run = Run(toy(), Load(kernel=0, orders=(1,), frees=0, seed=1))
    run.go()
    lines = run.text(rows=3).splitlines()
    assert lines[0] == "1,024 of 2,048 pages above 4 GiB are mirrored."
    assert lines[1].endswith("requests that found no page: 1 user.")
    assert lines[2].startswith("Stopped at operation ") and lines[2].endswith("GFP_HIGHUSER_MOVABLE (user).")
    assert lines[3].split() == ["operation", "mirrored", "below", "4", "GiB", "unmirrored", "Normal", "failed"]
    assert len(lines) == 7
    assert list(run.failed) == list(WHO)
