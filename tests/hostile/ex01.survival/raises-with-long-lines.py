# expect: error
# says: cut
# in place: yes
# %%
@check("ex01.survival")
def survival(pages, free, user, mirrored, errors):
    raise ValueError("x\n" * 10**6)
