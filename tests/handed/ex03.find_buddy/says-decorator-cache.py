# expect: error
# says: another decorator
# %%
import functools
# %%
@check("ex03.find_buddy")
@functools.lru_cache
def __find_buddy_index(page_idx, order):
    return page_idx ^ (1 << order)
