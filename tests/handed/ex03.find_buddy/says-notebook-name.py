# expect: error
# says: `SIZE` is a name of your notebook
# %%
SIZE = 1
# %%
@check("ex03.find_buddy")
def __find_buddy_index(page_idx, order):
    return page_idx ^ (SIZE << order)
