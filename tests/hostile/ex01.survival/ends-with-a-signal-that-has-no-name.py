# expect: error
# says: Its process is gone
# %%
@check("ex01.survival")
def survival(pages, free, user, mirrored, errors):
    import signal

    signal.raise_signal(40)
