# expect: error
# says: calls no library|Its process is gone
# %%
@check("ex01.survival")
def survival(pages, free, user, mirrored, errors):
    import ctypes

    ctypes.string_at(0)
