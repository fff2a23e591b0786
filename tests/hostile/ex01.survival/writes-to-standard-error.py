# expect: not yet
# says: \.\.\. \(cut\)
# in place: yes
# %%
@check("ex01.survival")
def survival(pages, free, user, mirrored, errors):
    import sys

    sys.stderr.write("x" * 10**6)
    return 7
