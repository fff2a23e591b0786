# expect: error
# says: another decorator
# %%

def twice(function):
    def inner(*args):
        return function(*args)
    return inner

# %%
@check("ex03.find_buddy")
@twice
def __find_buddy_index(page_idx, order):
    return page_idx ^ (1 << order)
