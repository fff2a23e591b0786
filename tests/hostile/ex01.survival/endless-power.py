# expect: error
# says: did not come to an end|too much memory
# seconds: 1
# %%
@check("ex01.survival")
def survival(pages, free, user, mirrored, errors):
    return 10**10**10
