"""ErrorLab's maps: what each page is to a memory error, one byte a page.

A byte is built as in palette.py, but the kinds are an error's: palette.ERROR_KINDS counted from 1, and palette.LOST.
"""

from typing import NamedTuple

from mirrorlab.machine import Machine, holders
from mirrorlab.questions import memory_errors
from mirrorlab.widgets import pagemap, palette

CODES = {kind: code for code, kind in enumerate(memory_errors.KINDS, 1)}
UNNOTICED, BAD_IN_USE = len(CODES) + 1, len(CODES) + 2
_PAINTED = ("free", "reserved", "mirrored", "user", "kernel")  # where a cell is several pages, the last one shows


class Layers(NamedTuple):
    """Which pages are what."""

    kinds: list[tuple[int, holders.Ranges]]  # (code, pages), in the order in which they are painted
    classes: list[tuple[int, holders.Ranges]]  # (class of memory, pages)

    def count(self, kind: str) -> int:
        """How many pages are of a kind, one of memory_errors.KINDS."""
        return dict(self.kinds)[CODES[kind]].pages()

    def after(self, hits: memory_errors.Errors) -> "Layers":
        """The same, with what errors have done."""
        in_use = {pfn for pfn, hit in hits.bad.items() if hit.case.outcome == "ignored"}
        marks = ((UNNOTICED, hits.silent), (BAD_IN_USE, in_use), (palette.LOST, hits.bad.keys() - in_use))
        single = [(code, holders.Ranges([(pfn, pfn + 1) for pfn in there])) for code, there in marks]
        return Layers(self.kinds + single, self.classes)

    def cells(self, first: int, count: int, shift: int = 0) -> bytes:
        """`count` cells from page `first` on, each of 2**shift pages."""
        canvas = pagemap.Canvas(first, first + (count << shift), shift)
        for code, there in self.kinds:
            canvas.paint(there, code)
        for memory, there in self.classes:
            canvas.classify(there, memory)
        return bytes(canvas.cells)


def layers(machine: Machine) -> Layers:
    """What the pages of a machine are now, as if there had been no error."""
    pages = memory_errors.pages_of(machine)
    kinds = [(CODES[kind], pages[kind]) for kind in _PAINTED]
    return Layers(kinds, [(palette.CLASS_CODES[name], there) for name, there in holders.by_class(machine.g).items()])


def sections(machine: Machine, there: Layers, limit: int) -> tuple[int, list[pagemap.Section]]:
    """How coarse a map of the machine with `limit` cells is, and where each stretch of memory is in it.

    They are those of pagemap.py, up to their last page of memory.
    """
    stretches = []
    for zone, start, end, *_ in pagemap.sections(machine)[1]:
        ends = [min(b, end) for _, known in there.kinds for a, b in known if a < end and b > start]
        stretches.append((zone, start, max(ends, default=start + 1)))
    return pagemap.laid_out(stretches, limit)


def name_of(code: int) -> str:
    """The name in palette.LOOKS of how a page with this byte looks."""
    kind = code & palette.KIND_MASK
    return f"k{kind}" if kind in (palette.HOLE, palette.LOST) else f"e{kind}"


def describe(machine: Machine, pfn: int, code: int) -> str:
    """A page in words: `page +5 of Normal (PFN 0x100005): kernel, of inode; unmirrored`. code: of its cell."""
    where = f"{holders.place(machine, pfn)} (PFN {pfn:#x})"
    if not code & palette.KIND_MASK:
        return f"{where}: no memory"
    kind, holder = memory_errors.kind_of(machine, pfn), holders.holder_of(machine, pfn)
    words = [kind] + ([holder.kind] if kind != holder.kind else [])
    if holder.owner is not None and holder.owner.who:
        words.append(f"of {holder.owner.who}")
    memory, look = holders.class_of(machine.g, pfn), palette.LOOKS[name_of(code)]
    text = f"{where}: {', '.join(words)}" + (f"; {memory}" if memory != kind else "")
    return text if code & palette.KIND_MASK == CODES[kind] else f"{text}; {look.name}"
