# expect: error
# says: did not come to an end
# seconds: 1
# slow: yes
# %%
@check("ex01.survival")
def survival(pages, free, user, mirrored, errors):
    class Mine:
        def __del__(self):
            import time

            time.sleep(1e6)

    Mine()
    return ((free + user + mirrored) / pages) ** errors
