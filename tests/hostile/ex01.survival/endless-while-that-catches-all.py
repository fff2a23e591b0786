# expect: error
# says: did not come to an end: it was stopped after 100,000 steps
# in place: yes
# %%
@check("ex01.survival")
def survival(pages, free, user, mirrored, errors):
    while True:
        try:
            while True:
                errors += 1
        except BaseException:
            pass
