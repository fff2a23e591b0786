# expect: error
# says: BaseException
# in place: yes
# %%
@check("ex01.survival")
def survival(pages, free, user, mirrored, errors):
    raise BaseException
