# expect: error|not yet
# %%
@check("ex01.survival")
def survival(pages, free, user, mirrored, errors):
    import sys

    sys.stdout.lines = lambda: ["x" * 10**6] * 10**5
    return 7
