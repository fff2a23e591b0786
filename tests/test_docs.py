"""The example of a machine of one's own boots as written."""

import re
from pathlib import Path

from mirrorlab import boot
from mirrorlab.machine import firmware

PAGE = (Path(__file__).parents[1] / "docs" / "machines.md").read_text()


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
