# expect: error
# says: KeyboardInterrupt
# in place: yes
# %%
@check("ex01.survival")
def survival(pages, free, user, mirrored, errors):
    raise KeyboardInterrupt
