# expect: error
# says: starts no
# %%
@check("ex01.survival")
def survival(pages, free, user, mirrored, errors):
    import multiprocessing

    multiprocessing.Process(target=print).start()
    return ((free + user + mirrored) / pages) ** errors
