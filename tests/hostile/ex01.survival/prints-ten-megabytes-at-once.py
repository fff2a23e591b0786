# expect: not yet|error
# says: \.\.\. \(cut\)
# in place: yes
# %%
@check("ex01.survival")
def survival(pages, free, user, mirrored, errors):
    print("x" * 10_000_000)
    return 7
