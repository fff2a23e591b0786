# expect: right
# in place: yes
# %%
def outer():
    @check("ex03.find_buddy")
    def __find_buddy_index(page_idx, order):
        return page_idx ^ (1 << order)


outer()
