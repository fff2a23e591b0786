# expect: not yet
# in place: yes
# slow: yes
# %%
@check("ex03.find_buddy")
def __find_buddy_index(page_idx, order):
    import random

    return (page_idx ^ (1 << order)) + (random.random() < 0.01)
