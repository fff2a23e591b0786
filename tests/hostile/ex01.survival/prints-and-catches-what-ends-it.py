# expect: error
# says: did not come to an end
# in place: yes
# %%
@check("ex01.survival")
def survival(pages, free, user, mirrored, errors):
    while True:
        try:
            print("x" * 10**6)
        except BaseException:
            pass
