# expect: error
# says: too much memory
# %%
@check("ex01.survival")
def survival(pages, free, user, mirrored, errors):
    found = survival.__dict__.setdefault("kept", [])
    found.append(bytes(1 << 24))
    return ((free + user + mirrored) / pages) ** errors
