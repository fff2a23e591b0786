# expect: not yet
# says: a generator
# %%
@check("ex01.survival")
def survival(pages, free, user, mirrored, errors):
    return (((free + user + mirrored) / pages) for _ in range(errors))
