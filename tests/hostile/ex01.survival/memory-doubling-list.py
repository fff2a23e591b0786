# expect: error
# says: too much memory
# %%
@check("ex01.survival")
def survival(pages, free, user, mirrored, errors):
    found = [0]
    while True:
        found += found
