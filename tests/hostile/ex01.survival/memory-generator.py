# expect: error
# says: 100,000 steps
# in place: yes
# %%
@check("ex01.survival")
def survival(pages, free, user, mirrored, errors):
    return list(n for n in iter(int, 1))
