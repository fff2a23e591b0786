# expect: error
# says: process was ended by SIGSEGV|No module|has no attribute
# %%
@check("ex01.survival")
def survival(pages, free, user, mirrored, errors):
    import faulthandler

    faulthandler._sigsegv()
