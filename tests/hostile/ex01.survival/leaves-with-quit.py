# expect: error
# says: SystemExit
# in place: yes
# %%
@check("ex01.survival")
def survival(pages, free, user, mirrored, errors):
    quit()
