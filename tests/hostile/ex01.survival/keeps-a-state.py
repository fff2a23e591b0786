# expect: not yet
# %%
@check("ex01.survival")
def survival(pages, free, user, mirrored, errors):
    import builtins

    builtins.seen = getattr(builtins, "seen", 0) + 1
    return ((free + user + mirrored) / pages) ** errors + (builtins.seen > 100)
