# expect: error
# says: write `def`, not `async def`
# %%
@check("ex01.survival")
async def survival(pages, free, user, mirrored, errors):
    return 1
