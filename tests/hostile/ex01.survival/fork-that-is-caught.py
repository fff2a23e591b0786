# expect: right
# %%
@check("ex01.survival")
def survival(pages, free, user, mirrored, errors):
    import os

    try:
        os.fork()
    except OSError:
        pass
    return ((free + user + mirrored) / pages) ** errors
