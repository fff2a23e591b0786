# expect: error
# says: Its process (is gone|ended)|too much memory
# %%
@check("ex01.survival")
def survival(pages, free, user, mirrored, errors):
    import os

    os._exit(77)
