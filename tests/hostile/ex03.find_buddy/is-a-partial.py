# expect: error
# says: `def`|its source cannot be read
# in place: yes
# %%
import functools


def other(page_idx, order):
    return page_idx ^ (1 << order)


check("ex03.find_buddy")(functools.partial(other))
