# expect: error
# says: cut
# in place: yes
# %%
@check("ex01.survival")
def survival(pages, free, user, mirrored, errors):
    raise type("x" * 10**7, (ValueError,), {})("text")
