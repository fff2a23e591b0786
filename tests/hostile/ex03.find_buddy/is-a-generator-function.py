# expect: error
# says: `yield` makes this function a generator
# in place: yes
# %%
@check("ex03.find_buddy")
def __find_buddy_index(page_idx, order):
    yield page_idx ^ (1 << order)
