# expect: error
# says: did not come to an end
# seconds: 1
# %%
@check("ex01.survival")
def survival(pages, free, user, mirrored, errors):
    import threading

    return sorted([2, 1], key=lambda each: threading.Event().wait())
