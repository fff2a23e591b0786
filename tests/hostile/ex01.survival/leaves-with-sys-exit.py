# expect: error
# says: SystemExit: bye
# in place: yes
# %%
@check("ex01.survival")
def survival(pages, free, user, mirrored, errors):
    import sys

    sys.exit("bye")
