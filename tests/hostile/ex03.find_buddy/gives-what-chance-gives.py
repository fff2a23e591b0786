# expect: not yet
# in place: yes
# %%
@check("ex03.find_buddy")
def __find_buddy_index(page_idx, order):
    import random

    return random.choice([page_idx, page_idx ^ (1 << order)])
