# expect: not yet
# %%
@check("ex01.survival")
def survival(pages, free, user, mirrored, errors):
    import sys

    return sys.stdin.read()
