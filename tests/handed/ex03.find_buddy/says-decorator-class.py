# expect: error
# says: decorator|def
# %%

class Deco:
    def __init__(self, f): self.f = f
    def __call__(self, *a): return self.f(*a)

# %%
@check("ex03.find_buddy")
@Deco
def __find_buddy_index(page_idx, order):
    return page_idx ^ (1 << order)
