# expect: error
# says: AssertionError
# in place: yes
# slow: yes
# %%
@check("ex01.survival")
def survival(pages, free, user, mirrored, errors):
    raise AssertionError
