# expect: error
# says: starts no
# %%
@check("ex01.survival")
def survival(pages, free, user, mirrored, errors):
    import pty

    pty.fork()
    return ((free + user + mirrored) / pages) ** errors
