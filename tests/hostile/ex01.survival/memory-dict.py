# expect: error
# says: too much memory
# slow: yes
# %%
@check("ex01.survival")
def survival(pages, free, user, mirrored, errors):
    import itertools

    return dict.fromkeys(itertools.count())
