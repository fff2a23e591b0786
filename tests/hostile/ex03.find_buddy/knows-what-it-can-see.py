# expect: not yet
# in place: yes
# %%
@check("ex03.find_buddy")
def __find_buddy_index(page_idx, order):
    return page_idx ^ (1 << order) if page_idx < 4096 else 0
