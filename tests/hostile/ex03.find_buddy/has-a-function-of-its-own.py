# expect: right
# in place: yes
# %%
@check("ex03.find_buddy")
def __find_buddy_index(page_idx, order):
    def other(a, b):
        return a ^ (1 << b)

    return other(page_idx, order)
