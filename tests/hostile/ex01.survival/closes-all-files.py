# expect: error
# says: Its process (is gone|ended)
# %%
@check("ex01.survival")
def survival(pages, free, user, mirrored, errors):
    import os

    os.closerange(0, 4096)
    return ((free + user + mirrored) / pages) ** errors
