# expect: not yet|error
# in place: yes
# %%
def makes_it_right(function):
    return lambda page_idx, order: page_idx ^ (1 << order)


# %%
@check("ex03.find_buddy")
@makes_it_right
def __find_buddy_index(page_idx, order):
    return 0
