# expect: error
# says: process was ended
# %%
@check("ex01.survival")
def survival(pages, free, user, mirrored, errors):
    import signal

    signal.raise_signal(40)
