# expect: error
# says: `def`|its source cannot be read
# in place: yes
# %%
class Odd:
    @classmethod
    def __find_buddy_index(cls, page_idx, order):
        return page_idx ^ (1 << order)


check("ex03.find_buddy")(Odd._Odd__find_buddy_index)
