# expect: error
# says: leave out `async`
# %%
@check("ex01.survival")
async def survival(pages, free, user, mirrored, errors):
    return 1
