# expect: not right
# slow: yes
# %%
@check("ex01.survival")
def survival(pages, free, user, mirrored, errors):
    return any(iter(int, 1))
