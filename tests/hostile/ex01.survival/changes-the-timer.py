# expect: right|error
# %%
@check("ex01.survival")
def survival(pages, free, user, mirrored, errors):
    import signal

    signal.signal(signal.SIGALRM, lambda *_: None)
    signal.setitimer(signal.ITIMER_REAL, 0.001, 0.001)
    return ((free + user + mirrored) / pages) ** errors
