# expect: error
# %%
@check("ex01.survival")
def survival(pages, free, user, mirrored, errors):
    raise MemoryError
