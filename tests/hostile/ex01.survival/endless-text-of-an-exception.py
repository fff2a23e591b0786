# expect: error
# says: did not come to an end
# seconds: 1
# %%
@check("ex01.survival")
def survival(pages, free, user, mirrored, errors):
    class Mine(Exception):
        def __str__(self):
            import time

            time.sleep(1e6)

    raise Mine
