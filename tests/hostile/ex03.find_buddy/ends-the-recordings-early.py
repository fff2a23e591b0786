# expect: not right
# %%
@check("ex03.find_buddy")
def __find_buddy_index(page_idx, order):
    if page_idx > 0x10000:
        raise input.__globals__["EndOfCase"]
    return page_idx ^ (1 << order)
