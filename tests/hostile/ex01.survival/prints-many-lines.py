# expect: not yet
# says: line 9\n +\.\.\. \(cut\)
# in place: yes
# %%
@check("ex01.survival")
def survival(pages, free, user, mirrored, errors):
    for n in range(1000):
        print("line", n)
    return 7
