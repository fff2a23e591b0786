# expect: error
# says: `def`|its source cannot be read
# in place: yes
# %%
@check("ex03.find_buddy")
async def __find_buddy_index(page_idx, order):
    return page_idx ^ (1 << order)
