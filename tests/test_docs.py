"""The documents: what they name is there, and the example of a machine of one's own boots as written."""

import re
from pathlib import Path

import pytest
from test_arrows import ROW

from mirrorlab import boot
from mirrorlab.machine import firmware

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "machines.md").read_text()
README = (ROOT / "README.md").read_text()
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text()


def test_the_example_machine_boots_and_the_example_program_runs(tmp_path, monkeypatch, capsys):
    toml, program = (re.search(rf"```{kind}\n(.*?)```", PAGE, re.S)[1] for kind in ("toml", "python"))
    (tmp_path / "mine.toml").write_text(toml)
    monkeypatch.chdir(tmp_path)
    exec(program, {})
    out = capsys.readouterr().out
    assert "  node   1: [mem 0x140000000-0x140ffffff]" in out
    assert "watermarks - per-CPU lists" in out
    assert [zone.name for zone in boot("mine.toml", cmdline="kernelcore=64M").zones].count("Movable") == 2


def test_every_key_of_a_description_is_in_the_table():
    for key in firmware.KEYS | firmware.MEMORY_KEYS | firmware.EARLY_KEYS | firmware.KERNEL_KEYS:
        assert re.search(rf"`(\[+)?{key}(\]+)?`", PAGE), key


def rows(heading):
    """The cells of the table in the README whose first row has this in its first cell."""
    table = README[README.index(f"| {heading} |") :].split("\n\n")[0]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in table.splitlines()[2:]]


def named(cell):
    return re.findall(r"`([^`]+)`", cell)


def test_the_readme_names_every_wing_in_the_order_of_the_arrows():
    wings = rows("wing of `mirrorlab/`")
    there = {path.parent.name for path in (ROOT / "mirrorlab").glob("*/__init__.py")}
    assert [cells[0] for cells in wings] == [f"`{wing}/`" for wing in ROW if wing in there]
    missing = [
        cells[0] for cells in wings if not (ROOT / "mirrorlab" / named(cells[0])[0] / named(cells[2])[0]).exists()
    ]
    assert missing == []


def test_contributing_shows_the_arrows():
    assert f"`{' -> '.join(ROW)}`" in CONTRIBUTING


def test_the_readme_says_where_each_file_of_the_kernel_is_and_what_is_in_it():
    files = [path.name for path in (ROOT / "mirrorlab" / "linux").glob("*.py") if path.name != "__init__.py"]
    table = rows("Linux 4.1")
    assert sorted(name for cells in table for name in named(cells[1])) == sorted(files)
    for _, ours, examples in table:
        text = "\n".join((ROOT / "mirrorlab" / "linux" / name).read_text() for name in named(ours))
        assert [name for name in named(examples) if not re.search(rf"^(?:def |class )?{name}\b", text, re.M)] == []


@pytest.mark.parametrize("page", ["README.md", "CONTRIBUTING.md", "HAZARDS.md", "DIFFERENCES.md", "docs/machines.md"])
def test_every_path_that_a_page_names_is_there(page):
    text = (ROOT / page).read_text()
    paths = re.findall(r"`((?:mirrorlab|tests|docs|notebooks|solutions|exercises|tools|benchmarks)/[\w./]*)`", text)
    paths += re.findall(r"\]\((?!http)([^)#]+)\)", text)
    assert [path for path in paths if not (ROOT / path).exists()] == []
