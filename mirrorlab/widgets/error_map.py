"""ErrorLab's maps: what each page is to a memory error, one byte a page.

A byte is built as in palette.py, but the kinds are an error's: palette.ERROR_KINDS counted from 1, and palette.LOST.
"""

from typing import NamedTuple

from mirrorlab import errors, pages
from mirrorlab.machine import Machine
from mirrorlab.widgets import pagemap, palette

LIMIT = 1 << 13  # cells of the map of the whole machine
CODES = {kind: code for code, kind in enumerate(errors.KINDS, 1)}
UNNOTICED, BAD_IN_USE = len(CODES) + 1, len(CODES) + 2
_PAINTED = ("free", "reserved", "mirrored", "user", "kernel")  # where a cell is several pages, the last one shows
_CLASS_CODES = dict(zip((pages.UNMIRRORED, pages.MIRRORED, pages.LOW), range(3), strict=True))


class Layers(NamedTuple):
    """Which pages are what."""

    kinds: list[tuple[int, pages.Ranges]]
    """(code, pages), in the order in which they are painted."""
    classes: list[tuple[int, pages.Ranges]]
    """(class of memory, pages)."""

    def cells(self, first: int, count: int, shift: int = 0) -> bytes:
        """`count` cells from page `first` on, each of 2**shift pages."""
        cells = bytearray(count)
        end = first + (count << shift)
        for code, there in self.kinds:
            for a, b in _inside(there, first, end):
                a, b = a - first >> shift, (b - first - 1 >> shift) + 1
                cells[a:b] = bytes((code,)) * (b - a)
        for memory, there in self.classes:
            for a, b in _inside(there, first, end):
                a, b = a - first >> shift, (b - first - 1 >> shift) + 1
                cells[a:b] = bytes(code and code | memory << palette.CLASS_SHIFT for code in cells[a:b])
        return bytes(cells)


def _inside(there: pages.Ranges, first: int, end: int) -> list[tuple[int, int]]:
    return [(max(a, first), min(b, end)) for a, b in there if a < end and b > first]


def layers(machine: Machine, hits: errors.Errors) -> Layers:
    """What the pages of a machine are now, after these errors."""
    lost = {pfn for pfn, hit in hits.bad.items() if hit.case.outcome != "ignored"}
    kinds = [(CODES[kind], errors.pages_of(machine, kind)) for kind in _PAINTED]
    marks = ((UNNOTICED, hits.silent), (BAD_IN_USE, hits.bad.keys() - lost), (palette.LOST, lost))
    kinds += [(code, pages.Ranges([(pfn, pfn + 1) for pfn in there])) for code, there in marks]
    low = pages.Ranges([(0, pages.FOUR_GIB)])
    return Layers(kinds, [(palette.MIRRORED, pages.hardware_mirror(machine).without(low)), (palette.BELOW_4G, low)])


def name_of(code: int) -> str:
    """The name in palette.LOOKS of how a page with this byte looks."""
    kind = code & palette.KIND_MASK
    return f"k{kind}" if kind in (palette.HOLE, palette.LOST) else f"e{kind}"


def look_of(code: int) -> palette.Look:
    """The look of a page's byte."""
    return palette.LOOKS[name_of(code)]


def overview(machine: Machine, there: Layers) -> bytes:
    """The map of the whole machine, stretch after stretch as pagemap.sections() has them."""
    shift = pagemap.shift_of(machine, LIMIT)
    return b"".join(there.cells(place.start, place.cells, shift) for place in pagemap.sections(machine, shift))


def describe(machine: Machine, hits: errors.Errors, pfn: int) -> str:
    """A page in words: `page +5 of Normal (PFN 0x100005): kernel, of inode; unmirrored`."""
    if machine.kernel.mmzone.page_zone(machine.g, pfn) is None:
        return f"PFN {pfn:#x}: no memory"
    kind, holder = errors.kind_of(machine, pfn), pages.holder_of(machine, pfn)
    words = [kind] + ([holder.kind] if kind != holder.kind else [])
    if holder.owner is not None and holder.owner.who:
        words.append(f"of {holder.owner.who}")
    memory = pages.class_of(machine, pfn)
    text = f"{pages.place(machine, pfn)} (PFN {pfn:#x}): {', '.join(words)}"
    text += f"; {memory}" if memory != kind else ""
    if pfn in hits.silent:
        return f"{text}; bad, nobody knows"
    if pfn in hits.bad:
        return f"{text}; {'known to be bad, in use' if hits.bad[pfn].case.outcome == 'ignored' else 'lost to an error'}"
    return text
