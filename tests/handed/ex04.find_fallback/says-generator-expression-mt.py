# expect: not yet
# says: a generator
# %%
@check("ex04.find_fallback")
def find_suitable_fallback(area, migratetype):
    return (mt for mt in fallbacks[migratetype] if area.free_list[mt])
