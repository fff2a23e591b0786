# expect: not yet|error
# says: yours an object of type object
# %%
@check("ex03.find_buddy")
def __find_buddy_index(page_idx, order):
    return object()
