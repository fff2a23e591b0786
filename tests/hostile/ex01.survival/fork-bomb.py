# expect: error
# says: starts no
# %%
@check("ex01.survival")
def survival(pages, free, user, mirrored, errors):
    import os

    while True:
        os.fork()
