# expect: right
# %%
@check("ex01.survival")
def survival(pages, free, user, mirrored, errors):
    import warnings

    warnings.warn("x" * 10**6)
    return ((free + user + mirrored) / pages) ** errors
