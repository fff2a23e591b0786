# expect: error
# says: did not come to an end|too slow|too much memory
# seconds: 3
# slow: yes
# %%
@check("ex01.survival")
def survival(pages, free, user, mirrored, errors):
    import itertools

    while True:
        try:
            list(itertools.count())
        except MemoryError:
            pass
