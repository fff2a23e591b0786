# expect: error
# slow: yes
# says: (?i)too slow
# %%
@check("ex03.find_buddy")
def __find_buddy_index(page_idx, order):
    import time
    time.sleep(0.02)
    return page_idx ^ (1 << order)
