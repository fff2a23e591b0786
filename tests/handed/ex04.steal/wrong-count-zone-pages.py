# expect: not yet
# %%
@check("ex04.steal")
def steal_suitable_fallback(zone, pfn, start_type):
    current_order = page_order(zone, pfn)
    if current_order >= pageblock_order:
        change_pageblock_range(zone.g, pfn, current_order, start_type)
        return

    moved = move_freepages_block(zone, pfn, start_type)
    pages = moved if moved else 1 << current_order

    if pages >= 256 or zone.g.page_group_by_mobility_disabled:
        set_pageblock_migratetype(zone.g, pfn, start_type)
