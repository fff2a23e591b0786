# expect: right
# %%
@check("ex01.survival")
def mine(pages, free, user, mirrored, errors):
    if errors == 0:
        return 1
    return survival(pages, free, user, mirrored, errors - 1) * (free + user + mirrored) / pages
