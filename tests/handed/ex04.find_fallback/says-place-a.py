# expect: not yet
# says: place in the row
# %%
@check("ex04.find_fallback")
def find_suitable_fallback(area, migratetype):
    for i, mt in enumerate(fallbacks[migratetype]):
        if not list_empty(area.free_list[mt]):
            return i
    return -1
