# expect: error
# %%
@check("ex01.survival")
def survival(pages, free, user, mirrored, errors):
    import pdb

    pdb.set_trace()
    return ((free + user + mirrored) / pages) ** errors
