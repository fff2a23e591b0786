# expect: not yet|error
# says: the function print
# %%
@check("ex01.survival")
def survival(pages, free, user, mirrored, errors):
    import traceback
    traceback.print_stack()
    return print
