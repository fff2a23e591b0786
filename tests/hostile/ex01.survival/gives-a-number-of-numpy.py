# expect: right
# in place: yes
# %%
@check("ex01.survival")
def survival(pages, free, user, mirrored, errors):
    import numpy

    return numpy.float64((free + user + mirrored) / pages) ** errors
