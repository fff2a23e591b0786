# expect: error
# says: ValueError
# in place: yes
# %%
@check("ex01.survival")
def survival(pages, free, user, mirrored, errors):
    raise ValueError("\ud800\n" * 10)
