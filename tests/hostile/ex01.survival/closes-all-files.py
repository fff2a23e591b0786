# expect: error
# says: function's process was ended|ended its Python process
# %%
@check("ex01.survival")
def survival(pages, free, user, mirrored, errors):
    import os

    os.closerange(0, 4096)
    return ((free + user + mirrored) / pages) ** errors
