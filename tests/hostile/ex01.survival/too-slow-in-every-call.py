# expect: error
# says: (?i)too slow: only \d+ of 158 calls in 1 s
# seconds: 1
# %%
@check("ex01.survival")
def survival(pages, free, user, mirrored, errors):
    import time

    time.sleep(0.05)
    return ((free + user + mirrored) / pages) ** errors
