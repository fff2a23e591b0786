# expect: error
# says: function's process was ended|ended its Python process
# %%
@check("ex01.survival")
def survival(pages, free, user, mirrored, errors):
    import os

    os._exit(0)
