# expect: error|not yet
# says: KeyError: there is no entry for -1 here
# %%
@check("ex04.find_fallback")
def find_suitable_fallback(area, migratetype):
    for mt in fallbacks[migratetype - 1]:
        if area.free_list[mt]:
            return mt
    return -1
