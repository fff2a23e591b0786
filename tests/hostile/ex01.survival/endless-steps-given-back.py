# expect: error
# says: did not come to an end
# seconds: 1
# %%
@check("ex01.survival")
def survival(pages, free, user, mirrored, errors):
    __took__.__self__.left = 10**18
    while True:
        errors += 1
