# expect: error
# says: OSError
# in place: yes
# slow: yes
# %%
@check("ex01.survival")
def survival(pages, free, user, mirrored, errors):
    raise OSError
