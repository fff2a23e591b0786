# expect: error|not yet
# %%
@check("ex01.survival")
def survival(pages, free, user, mirrored, errors):
    input.__globals__["as_json"] = lambda value: {}
    return 7
