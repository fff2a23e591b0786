# expect: not yet
# in place: yes
# slow: yes
# %%
@check("ex01.survival")
def survival(pages, free, user, mirrored, errors):
    return ...
