# expect: not yet
# says: \.\.\. \(cut\)
# %%
@check("ex01.survival")
def survival(pages, free, user, mirrored, errors):
    import logging

    for n in range(1000):
        logging.warning("x" * 1000)
    return 7
