# expect: error
# says: `def`|its source cannot be read
# %%
class Odd:
    def __call__(self, page_idx, order):
        return page_idx ^ (1 << order)

    def __getattr__(self, name):
        raise KeyboardInterrupt


check("ex03.find_buddy")(Odd())
