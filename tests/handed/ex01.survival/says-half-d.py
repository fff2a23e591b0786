# expect: error
# says: not written yet
# %%
@check("ex01.survival")
def survival(pages, free, user, mirrored, errors):
    if errors == 1:
        return (free + user + mirrored) / pages
    raise NotImplementedError('to do')
