# expect: not yet
# says: first type of the row has nothing
# %%
@check("ex04.find_fallback")
def find_suitable_fallback(area, migratetype):
    for mt in fallbacks[migratetype]:
        if not list_empty(area.free_list[mt]):
            return mt
        return -1
