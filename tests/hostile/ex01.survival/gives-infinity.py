# expect: not yet
# in place: yes
# %%
@check("ex01.survival")
def survival(pages, free, user, mirrored, errors):
    return float("inf")
