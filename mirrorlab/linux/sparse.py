"""Which PFNs have a struct page: whole sections of 128 MiB, those with any memory in them. mm/sparse.c."""

from . import memblock, mm_init
from .mmzone import NO_PAGEBLOCK, PAGES_PER_SECTION, Globals, pageblock_order


def present_sections(g: Globals) -> list[tuple[int, int]]:
    """The runs of PFNs that have a struct page: whole sections in which there is any memory."""
    runs: list[tuple[int, int]] = []
    for start_pfn, end_pfn, _ in memblock.for_each_mem_pfn_range(g.memblock):
        start = start_pfn // PAGES_PER_SECTION * PAGES_PER_SECTION
        end = -(-end_pfn // PAGES_PER_SECTION) * PAGES_PER_SECTION
        if runs and start <= runs[-1][1]:
            runs[-1] = (runs[-1][0], end)
        else:
            runs.append((start, end))
    return runs


def sparse_init(g: Globals) -> None:
    """Make the struct pages, and a type for each of their blocks: all zero, which is UNMOVABLE."""
    sections = present_sections(g)
    g.pageblock_flags = bytearray([NO_PAGEBLOCK]) * (sections[-1][1] >> pageblock_order)
    for start_pfn, end_pfn in sections:
        mm_init.set_pageblock_range(g, start_pfn, end_pfn, 0)
