# expect: not yet
# says: first type of the row has nothing
# %%
@check("ex04.find_fallback")
def find_suitable_fallback(area, migratetype):
    first = fallbacks[migratetype][0]
    if not list_empty(area.free_list[first]):
        return first
    return -1
