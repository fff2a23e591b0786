# expect: error
# says: sends no signals|process was ended
# %%
@check("ex01.survival")
def survival(pages, free, user, mirrored, errors):
    import os

    os.kill(os.getpid(), 9)
