# expect: not yet
# says: You return the first type of the row
# %%
@check("ex04.find_fallback")
def find_suitable_fallback(area, migratetype):
    return fallbacks[migratetype][0]
