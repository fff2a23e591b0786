# expect: error
# says: too much memory
# %%
@check("ex01.survival")
def survival(pages, free, user, mirrored, errors):
    import numpy

    return numpy.ones(1 << 40)
