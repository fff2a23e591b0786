# expect: error
# says: SIGVTALRM
# %%
@check("ex01.survival")
def survival(pages, free, user, mirrored, errors):
    import signal

    signal.setitimer(signal.ITIMER_VIRTUAL, 0.001)
    while True:
        sum(range(1000))
