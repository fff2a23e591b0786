"""The benchmarks run, at a size that measures nothing. How fast the model is, is never asserted."""

import pytest

from benchmarks import machine, streams
from benchmarks.__main__ import MARKED, README, main, table
from benchmarks.measure import TINY
from benchmarks.rows import ROWS


@pytest.mark.parametrize("name", ROWS)
def test_every_row_runs_and_prints(name):
    results = ROWS[name](TINY)
    assert results
    assert all(f"| {result.what} | {result.measured} |" in table(results) for result in results)


def test_the_machine_is_all_free_in_the_largest_blocks():
    blocks = machine.one_zone(8).free_blocks("Normal")
    assert sorted(block[:2] for block in blocks) == [(machine.FIRST_PFN, 10), (machine.FIRST_PFN + 1024, 10)]


@pytest.mark.parametrize(
    "stream", [streams.mixed(2000, 8), streams.bursts(2000), streams.exhaust(8)], ids=["mixed", "bursts", "exhaust"]
)
def test_a_stream_never_runs_dry_and_gives_everything_back(stream):
    m = machine.one_zone(8)
    streams.drive(m, stream)  # freeing what was not allocated would raise
    assert m.owners == {}
    m.drain()
    assert sum(1 << order for _, order, _ in m.free_blocks()) == 8 * machine.PAGES_PER_MIB


def test_an_unknown_row_is_named(capsys):
    with pytest.raises(SystemExit):
        main(["speed"])
    assert "there is no row 'speed'" in capsys.readouterr().err


def test_the_readme_has_a_place_for_the_table():
    assert len(MARKED.findall(README.read_text())) == 1
