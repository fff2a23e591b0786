# expect: error
# says: sends no signals
# %%
@check("ex01.survival")
def survival(pages, free, user, mirrored, errors):
    import os
    import signal

    os.kill(os.getppid(), signal.SIGKILL)
    return ((free + user + mirrored) / pages) ** errors
