# expect: error
# says: did not come to an end
# seconds: 1
# %%
@check("ex01.survival")
def survival(pages, free, user, mirrored, errors):
    class Mine:
        def __repr__(self):
            import time

            time.sleep(1e6)

    return Mine()
