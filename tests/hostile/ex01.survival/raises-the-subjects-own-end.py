# expect: not right
# %%
@check("ex01.survival")
def survival(pages, free, user, mirrored, errors):
    raise input.__globals__["EndOfCase"]
