# expect: error
# says: too much memory
# %%
@check("ex01.survival")
def survival(pages, free, user, mirrored, errors):
    return bytes(1 << 40)
