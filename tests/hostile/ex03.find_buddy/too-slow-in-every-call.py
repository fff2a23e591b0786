# expect: error
# says: (?i)too slow: only \d+ of [\d,]+ calls in 1 s
# seconds: 1
# %%
@check("ex03.find_buddy")
def __find_buddy_index(page_idx, order):
    import time

    time.sleep(0.02)
    return page_idx ^ (1 << order)
