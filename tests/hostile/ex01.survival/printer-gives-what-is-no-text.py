# expect: error|not yet
# %%
@check("ex01.survival")
def survival(pages, free, user, mirrored, errors):
    import sys

    sys.stdout.lines = lambda: {"no": "list"}
    return 7
