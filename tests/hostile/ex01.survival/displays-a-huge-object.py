# expect: not yet|error
# in place: yes
# %%
@check("ex01.survival")
def survival(pages, free, user, mirrored, errors):
    display(list(range(10**6)))
    return 7
