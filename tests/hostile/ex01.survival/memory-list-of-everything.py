# expect: error
# says: too much memory
# %%
@check("ex01.survival")
def survival(pages, free, user, mirrored, errors):
    import itertools

    return list(itertools.count())
