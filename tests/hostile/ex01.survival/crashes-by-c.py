# expect: error
# says: calls no library|process was ended
# %%
@check("ex01.survival")
def survival(pages, free, user, mirrored, errors):
    import ctypes

    ctypes.string_at(0)
