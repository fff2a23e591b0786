# expect: not yet|error
# seconds: 3
# slow: yes
# %%
@check("ex01.survival")
def survival(pages, free, user, mirrored, errors):
    return [[[[0] * 1000] * 1000] * 1000] * 1000
