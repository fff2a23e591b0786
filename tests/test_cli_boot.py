"""`mirrorlab presets` and `mirrorlab boot`."""

import json

import pytest

from mirrorlab import presets
from mirrorlab.commands import cli
from mirrorlab.machine import firmware


def run(capsys, *args):
    status = cli.main(args)
    out, err = capsys.readouterr()
    return status, out, err


def test_presets_are_listed_with_a_line_each(capsys):
    status, out, _ = run(capsys, "presets")
    assert status == 0
    assert [line.split()[0] for line in out.splitlines()] == list(presets())
    assert json.loads(run(capsys, "presets", "--json")[1]).keys() == set(presets())


def test_a_presets_description_can_be_printed_and_booted_as_ones_own(capsys, tmp_path):
    _, text, _ = run(capsys, "presets", "toy-ragged")
    mine = tmp_path / "mine.toml"
    mine.write_text(text)
    assert firmware.load(mine).memory == firmware.load("toy-ragged").memory
    status, out, _ = run(capsys, "boot", str(mine))
    assert status == 0
    assert "  node   0: [mem 0x101235000-0x1019abfff]" in out


def test_the_mails_block_table(capsys):
    status, out, _ = run(capsys, "boot", "rfc-48g", "--proc", "pagetypeinfo")
    rows = [line.split() for line in out.splitlines() if line.startswith("Node") and "type" not in line]
    assert status == 0
    assert [row[3:] for row in rows] == [
        ["DMA", "1", "0", "6", "0", "1", "0"],
        ["DMA32", "2", "0", "1525", "0", "1", "0"],
        ["Normal", "0", "0", "8702", "2048", "2", "0"],
        ["Normal", "0", "0", "8190", "4096", "2", "0"],
    ]


def test_several_texts_have_a_head_each(capsys):
    _, out, _ = run(capsys, "boot", "toy-32m", "--proc", "buddyinfo", "sys/vm/min_free_kbytes")
    assert out.startswith("==> buddyinfo <==\nNode 0, zone      DMA ")
    assert out.endswith("\n==> sys/vm/min_free_kbytes <==\n1079\n")


def test_json_has_the_data_of_each_text(capsys):
    _, out, _ = run(capsys, "boot", "toy-32m", "--cmdline", "mirrorable", "--proc", "buddyinfo", "dmesg", "--json")
    data = json.loads(out)
    assert (data["machine"], data["cmdline"]) == ("toy-32m", "mirrorable")
    assert data["proc"]["buddyinfo"][0]["zone"] == "DMA"
    assert "Command line: mirrorable" in data["proc"]["dmesg"]


@pytest.mark.parametrize(
    "args",
    [("boot", "toy-1g"), ("boot", "toy-32m", "--proc", "mounts"), ("boot", "toy-32m", "--cmdline", "memmap=exactmap")],
)
def test_a_mistake_is_one_sentence_and_status_2(capsys, args):
    status, out, err = run(capsys, *args)
    assert (status, out, err.count("\n")) == (2, "", 1)


def test_help_has_examples(capsys):
    with pytest.raises(SystemExit):
        cli.main(["boot", "--help"])
    assert "mirrorlab boot rfc-48g --proc pagetypeinfo" in capsys.readouterr().out
