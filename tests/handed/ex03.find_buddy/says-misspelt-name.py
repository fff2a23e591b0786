# expect: error
# says: there is no name `page_inx` here. Did you mean `page_idx`
# %%
@check("ex03.find_buddy")
def __find_buddy_index(page_idx, order):
    return page_inx ^ (1 << order)
