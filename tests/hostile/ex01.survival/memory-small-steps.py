# expect: error
# says: too much memory
# %%
@check("ex01.survival")
def survival(pages, free, user, mirrored, errors):
    found = []
    for n in range(90_000):
        found.append(bytes(1 << 20))
