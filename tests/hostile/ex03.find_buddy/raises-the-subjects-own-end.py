# expect: not right
# %%
@check("ex03.find_buddy")
def __find_buddy_index(page_idx, order):
    raise input.__globals__["EndOfCase"]
