# expect: error
# says: there is no name `MAXORDER` here. Did you mean `MAX_ORDER`
# %%
@check("ex03.free_one_page")
def __free_one_page(zone, pfn, order, migratetype):
    vmstat.__mod_zone_freepage_state(zone, 1 << order, migratetype)
    while order < MAXORDER - 1:
        order += 1
