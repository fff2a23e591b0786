# expect: error
# %%
@check("ex01.survival")
def survival(pages, free, user, mirrored, errors):
    def f():
        return total
    if pages < 0:
        total = 1
    return f()
