"""The machine card without a browser: its picture, which must add up, and what it says without its style sheet."""

from html.parser import HTMLParser

import pytest
from IPython.core.interactiveshell import InteractiveShell
from test_widgets_every_view import DESCRIPTIONS, MACHINES
from toys import START

from mirrorlab.machine import holders
from mirrorlab.machine.toy import toy
from mirrorlab.words import TYPES

widgets = pytest.importorskip("mirrorlab.widgets")
from mirrorlab.widgets import machine_card  # noqa: E402

EVERY = pytest.mark.parametrize("name", MACHINES)


class Page(HTMLParser):
    """Checks that every tag is closed in turn; gathers what is to be read, and the tables' rows."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.open, self.words, self.rows, self.names = [], [], [], []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attributes):
        self.open.append(tag)
        self.names += [value for name, value in attributes if name == "aria-label"]
        if tag == "tr":
            self.rows.append([])
        elif tag in ("th", "td"):
            self.rows[-1].append("")

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if "style" not in self.open:
            self.words.append(data)
            if self.open[-1] in ("th", "td"):
                self.rows[-1][-1] += data.strip()


@pytest.fixture
def machine():
    """2,048 pages above 4 GiB, the first 512 of them mirrored; 8 in use, and a few in the CPU's list."""
    machine = toy(2048, first=START, mirrored=[(START, 512)], stock=(6, 3))
    machine.alloc_pages(3, "GFP_KERNEL")
    machine.alloc_pages(0, "GFP_KERNEL|__GFP_MIRROR")
    return machine


def test_a_picture_known_by_heart(machine):
    picture = widgets.MachineCard(machine).picture()
    ((name, pages, parts),) = picture["zones"]
    assert (picture["name"], picture["facts"], picture["orders"]) == ("toy", "1 node, 1 CPU, 2,048 pages of 4 KiB", 11)
    assert (name, pages) == ("Normal", 2048)
    # 8 + 1 in use, the one from the mirror; a refill of three took two more from there; page blocks that the mirror
    # touches are Mirror: its list begins with 1,024 pages, half of them mirrored in fact.
    assert parts[0] == ("in use", 9, 1)
    assert parts[1] == ("in CPUs' lists", 2, 2)
    assert dict((part, (free, twice)) for part, free, twice in parts[2:]) == {
        "Unmovable": (1016, 0),
        "Mirror": (1021, 509),
    }
    ((zone, lists),) = picture["lists"]
    assert zone == "Normal" and [kind for kind, _ in lists] == ["Unmovable", "Mirror"]
    assert lists[0][1] == [0, 0, 0, *[1] * 7, 0]  # what is left of a block of 1,024 pages, less 8


@EVERY
def test_the_parts_of_a_zone_add_up_and_only_what_there_is_has_a_part_or_a_row(name):
    machine = MACHINES[name]()
    picture = widgets.MachineCard(machine).picture()
    assert len(picture["zones"]) == len(machine.zones)
    for zone, (_, pages, parts) in zip(machine.zones, picture["zones"], strict=True):
        assert pages == zone.managed_pages == sum(number for _, number, _ in parts)
        assert all(0 <= twice <= number > 0 for _, number, twice in parts)
        assert sum(twice for *_, twice in parts) == holders.mirrored_in(machine, zone).pages()
    assert all(any(counts) for _, lists in picture["lists"] for _, counts in lists)
    blocks = sum(sum(counts) for _, lists in picture["lists"] for _, counts in lists)
    assert blocks == len(machine.free_blocks())


@EVERY
def test_the_table_has_a_dot_for_zero_and_says_the_same_as_the_text(name):
    machine = MACHINES[name]()
    page = Page(widgets.MachineCard(machine).html())
    rows = [row for row in page.rows if row[0] != "zone"]
    assert "0" not in {cell for row in rows for cell in row}
    told = [line.split() for line in repr(machine).splitlines() if line.split()[0] in TYPES]
    shown = [[kind, *(cell.replace("·", ".").replace(",", "") for cell in row)] for _, kind, *row in rows]
    assert shown == told


def test_a_machine_of_two_nodes_names_the_nodes_and_one_with_nothing_free_says_so():
    words = Page(widgets.MachineCard(MACHINES["two nodes"]()).html()).words
    assert {"Normal of node 0", "Normal of node 1"} <= set(words)
    assert "No block is free." in Page(widgets.MachineCard(used_up()).html()).words


def used_up():
    machine = toy(44)
    while machine.alloc_pages(0) is not None:
        pass
    return machine


def test_a_name_with_markup_is_shown_as_it_is(machine):
    machine.name = "<i>&\"'"
    html = widgets.MachineCard(machine).html()
    assert machine.name in Page(html).words and "<i>&" not in html


def test_a_machine_at_the_end_of_a_cell_is_its_card_and_its_text(machine):
    shell = InteractiveShell.instance()
    try:
        machine_card.register()
        shown, _ = shell.display_formatter.format(machine)
    finally:
        InteractiveShell.clear_instance()
    assert shown == {"text/html": widgets.MachineCard(machine).html(), "text/plain": repr(machine)}


def test_the_widest_machine_stays_on_one_scale():
    machine = MACHINES["one TiB"]()
    widths = {bar: pages for bar, pages, _ in widgets.MachineCard(machine).picture()["zones"]}
    assert max(widths.values()) > 10_000 * min(widths.values())
    assert "width:100.00%" in widgets.MachineCard(machine).html()
    assert DESCRIPTIONS["one TiB"] == "server-1t"
