# expect: not yet
# says: Your function printed
# in place: yes
# %%
@check("ex01.survival")
def survival(pages, free, user, mirrored, errors):
    print("\ud800 and \x1b[2J and \0")
    return 7
