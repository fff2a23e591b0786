# expect: not yet|error
# %%
@check("ex01.survival")
def survival(pages, free, user, mirrored, errors):
    return "x" * 10**8
