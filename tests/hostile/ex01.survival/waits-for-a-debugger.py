# expect: error
# says: a check cannot wait for keys
# in place: yes
# %%
@check("ex01.survival")
def survival(pages, free, user, mirrored, errors):
    breakpoint()
    return ((free + user + mirrored) / pages) ** errors
