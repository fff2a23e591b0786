# expect: error
# says: sends no signals|Its process is gone
# %%
@check("ex01.survival")
def survival(pages, free, user, mirrored, errors):
    import os

    os.kill(os.getpid(), 9)
