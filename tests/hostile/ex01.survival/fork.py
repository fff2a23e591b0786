# expect: error
# says: starts no
# %%
@check("ex01.survival")
def survival(pages, free, user, mirrored, errors):
    import os

    if not os.fork():
        while True:
            pass
    return ((free + user + mirrored) / pages) ** errors
