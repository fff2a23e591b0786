# expect: not yet|error
# in place: yes
# %%
@check("ex03.find_buddy")
def __find_buddy_index(page_idx, order):
    class Page:
        def __index__(self):
            nonlocal order
            order += 1
            return page_idx ^ (1 << order)

    return Page()
