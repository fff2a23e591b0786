# expect: not yet
# in place: yes
# %%
@check("ex03.find_buddy")
def __find_buddy_index(page_idx, order):
    class Equal(int):
        def __eq__(self, other):
            return True

        __hash__ = int.__hash__

    return Equal(7)
