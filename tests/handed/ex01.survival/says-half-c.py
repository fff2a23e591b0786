# expect: not started
# %%
@check("ex01.survival")
def survival(pages, free, user, mirrored, errors):
    '''Doc.'''
    fatal = pages - free - user - mirrored
    raise NotImplementedError
