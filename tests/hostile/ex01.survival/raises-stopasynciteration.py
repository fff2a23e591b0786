# expect: error
# says: StopAsyncIteration
# in place: yes
# slow: yes
# %%
@check("ex01.survival")
def survival(pages, free, user, mirrored, errors):
    raise StopAsyncIteration
