# expect: error
# says: `def`|its source cannot be read
# in place: yes
# %%
@check("ex03.find_buddy")
class __find_buddy_index:
    def __new__(cls, page_idx, order):
        return page_idx ^ (1 << order)
