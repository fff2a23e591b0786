# expect: error
# says: calls itself without end
# in place: yes
# %%
@check("ex01.survival")
def survival(pages, free, user, mirrored, errors):
    return survival(pages, free, user, mirrored, errors)
