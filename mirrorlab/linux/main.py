"""From power-on to a running kernel, in the kernel's order: init/main.c, and setup_arch() of arch/x86.

Only the steps that concern memory are here.
"""

from collections.abc import Iterator

from . import cmdline, e820, gfp, kconfig, memblock, mm_init, mmzone, nobootmem, numa, page_alloc, printk, sparse
from .bootparam import BootParams, KernelImage
from .mmzone import PAGE_SHIFT, PAGE_SIZE, Globals

__START_KERNEL_map = 0xFFFFFFFF80000000  # where the kernel image is mapped

STAGES = {
    "map": "the firmware's memory map, as the command line changes it",
    "mirror_info": "the RFC's table of mirrored ranges",
    "memblock": "memory and its nodes, and what is reserved",
    "zones": "where each node's zones begin and end",
    "pageblocks": "struct pages, the types of their blocks, zonelists",
    "bootmem": "all that is not reserved is on the free lists",
    "watermarks": "per-CPU lists, watermarks, the reserve; the kernel runs",
}


def start_kernel(g: Globals, params: BootParams) -> Iterator[str]:
    """Boot, one stage at a time: yields the name of each when it is done (see STAGES)."""
    g.saved_command_line = params.cmdline
    g.gfp_allowed_mask = gfp.GFP_BOOT_MASK
    g.image = params.image
    g.cpu_to_node = list(params.cpu_to_node)
    printk.printk(g, f"Command line: {params.cmdline}")
    parse_early_param(g)

    g.e820 = params.e820
    e820.setup_memory_map(g)
    yield done(g, "map")
    if kconfig.MEMORY_MIRROR:
        numa.x86_numa_init(g, params)
    yield done(g, "mirror_info")
    setup_memblock(g, params)
    yield done(g, "memblock")

    setup_zones(g)
    yield done(g, "zones")
    setup_pageblocks(g)
    printk.printk(g, f"Kernel command line: {params.cmdline}")
    yield done(g, "pageblocks")

    nobootmem.free_all_bootmem(g)
    mm_init.mem_init_print_info(g)
    yield done(g, "bootmem")
    mm_init.setup_per_cpu_pageset(g)
    g.gfp_allowed_mask = gfp.__GFP_BITS_MASK
    mm_init.init_per_zone_wmark_min(g)
    free_initmem(g)
    yield done(g, "watermarks")


def done(g: Globals, stage: str) -> str:
    """Note that a stage of STAGES is done."""
    if g.trace is not None:
        g.trace.append(("stage", stage, STAGES[stage]))
    return stage


def parse_early_param(g: Globals) -> None:
    """Carry out the options that concern zones and requests. (`memmap=` and `mem=` are e820.py's.)"""
    for name, value in cmdline.parameters(g.saved_command_line):
        if name == "kernelcore":
            g.required_kernelcore = cmdline.memparse(value)[0] >> PAGE_SHIFT
        elif name == "mirrorable" and kconfig.MEMORY_MIRROR:  # the RFC's patch 09
            g.sysctl_mirrorable = 1


def setup_memblock(g: Globals, params: BootParams) -> None:
    """Fill memblock: usable memory, the node of each range, and what is reserved."""
    e820.trim_bios_range(g)
    g.max_pfn = e820.e820_end_of_ram_pfn(g)
    e820.memblock_x86_fill(g)
    for start, size in params.reserved:
        memblock.memblock_reserve(g.memblock, start, size)
    if params.image.start is not None:
        memblock.memblock_reserve(g.memblock, params.image.start, sections(params.image)["bss"][1] - params.image.start)
    numa.numa_register_memblks(g, params)


def setup_zones(g: Globals) -> None:
    """Make nodes and zones from memblock."""
    e820.memblock_find_dma_reserve(g)
    zone_sizes_init(g)


def zone_sizes_init(g: Globals) -> None:
    """Make the nodes and their zones on x86_64 (arch/x86/mm/init.c)."""
    ends = mm_init.MAX_DMA_PFN, mm_init.MAX_DMA32_PFN
    mm_init.free_area_init_nodes(g, [*(min(end, g.max_pfn) for end in ends), g.max_pfn])


def setup_pageblocks(g: Globals) -> None:
    """Make the struct pages, zone by zone, and then the zonelists."""
    sparse.sparse_init(g)
    for zone in g.spanned_zones:
        mm_init.memmap_init_zone(zone)
    mm_init.build_all_zonelists(g)


def sections(image: KernelImage) -> dict[str, tuple[int, int]]:
    """Where each section of the kernel image starts and ends; each starts on a page of its own."""
    places: dict[str, tuple[int, int]] = {}
    start = image.start or 0
    for name in ("code", "rodata", "rwdata", "init", "bss"):
        end = start + getattr(image, name)
        places[name] = (start, end)
        start = -(-end // PAGE_SIZE) * PAGE_SIZE
    return places


def free_initmem(g: Globals) -> None:
    """Free what the kernel needs only while it boots (mm/page_alloc.c: free_reserved_area)."""
    if g.image.start is None or not g.image.init:
        return
    begin, end = sections(g.image)["init"]
    for pfn in range(begin >> PAGE_SHIFT, -(-end // PAGE_SIZE)):
        zone = mmzone.page_zone(g, pfn)
        if zone is not None:
            mmzone.ClearPageReserved(g, pfn, pfn + 1)
            page_alloc.__free_pages(g, pfn, 0)
            zone.managed_pages += 1
    where = f"{__START_KERNEL_map + begin:016x} - {__START_KERNEL_map + end:016x}"
    printk.printk(g, f"Freeing unused kernel memory: {g.image.init >> 10}K ({where})")
