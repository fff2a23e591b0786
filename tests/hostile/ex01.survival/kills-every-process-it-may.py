# expect: error
# says: sends no signals
# %%
@check("ex01.survival")
def survival(pages, free, user, mirrored, errors):
    import os
    import signal

    for pid in (os.getppid(), -os.getpgid(0)):
        os.kill(pid, signal.SIGTERM)
    return ((free + user + mirrored) / pages) ** errors
