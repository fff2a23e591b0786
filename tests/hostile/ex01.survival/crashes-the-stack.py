# expect: error
# says: function's process was ended|ended its Python process|without end|100,000 steps
# %%
@check("ex01.survival")
def survival(pages, free, user, mirrored, errors):
    import sys

    sys.setrecursionlimit(10**9)
    deep = ()
    for _ in range(1_000_000):
        deep = (deep,)
    return repr(deep)
