"""Small machine descriptions for the tests of booting, and what a page-by-page kernel would make of them."""

PAGE = 4096
G4 = 1 << 32
MIB = 1 << 20
RELIABLE = 0x10000


def machine(*memory, **rest):
    """A description: each entry is (start, size) in bytes, with more keys in a dict as a third part."""
    entries = [{"start": start, "size": size, **(more[0] if more else {})} for start, size, *more in memory]
    return {"memory": entries, **rest}


LOW = ((0, 640 << 10), (MIB, 47 * MIB))


def lists(m):
    """Everything the allocator holds, as comparable data."""
    return [
        (
            zone.node, zone.name, zone.managed_pages, list(zone.vm_stat),
            [(area.nr_free, [list(pages) for pages in area.free_list], dict(area.buddy)) for area in zone.free_area],
            [(pset.count, [list(pages) for pages in pset.lists]) for pset in zone.pageset],
        )
        for zone in m.zones
    ]  # fmt: skip


def page_by_page(g, mmzone):
    """The kernel's own loops over every page: (zone of each PFN, reserved PFNs, page block types).

    Slow, and written without a look at mm_init.py: what free memory, zones and types must come out as.
    """
    section = mmzone.PAGES_PER_SECTION
    nid_of, valid = {}, set()
    for region in g.memblock.memory.regions:
        for pfn in range(-(-region.base // PAGE), region.end // PAGE):
            nid_of[pfn] = region.nid
            valid.add(pfn // section)
    zone_of, types = {}, {}
    for zone in g.spanned_zones:
        for pfn in range(zone.zone_start_pfn, zone.zone_start_pfn + zone.spanned_pages):
            if pfn // section not in valid or nid_of.get(pfn, zone.node) != zone.node:
                continue
            zone_of[pfn] = zone
            if pfn % mmzone.pageblock_nr_pages == 0:
                types[pfn >> mmzone.pageblock_order] = mmzone.MIGRATE_MOVABLE
            at = pfn * PAGE
            if at >= G4 and any(info.start <= at < info.start + info.size for info in g.mirror_info):
                types[pfn >> mmzone.pageblock_order] = mmzone.MIGRATE_MIRROR
    taken = [(region.base // PAGE, -(-region.end // PAGE)) for region in g.memblock.reserved.regions]
    reserved = {pfn for pfn in zone_of if pfn not in nid_of or any(low <= pfn < high for low, high in taken)}
    return zone_of, reserved, types
