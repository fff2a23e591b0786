# expect: not yet
# says: twice the size
# %%
@check("ex03.find_buddy")
def __find_buddy_index(page_idx, order):
    return page_idx ^ (1 << order + 1)
