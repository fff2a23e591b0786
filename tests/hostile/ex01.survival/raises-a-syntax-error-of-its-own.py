# expect: error
# says: SyntaxError: no
# in place: yes
# %%
@check("ex01.survival")
def survival(pages, free, user, mirrored, errors):
    raise SyntaxError("no", ("file", 10**9, 10**9, "x" * 10**6))
