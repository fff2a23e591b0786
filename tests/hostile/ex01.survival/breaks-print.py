# expect: right
# in place: yes
# %%
@check("ex01.survival")
def survival(pages, free, user, mirrored, errors):
    import sys

    sys.stdout.close()
    sys.stdout = sys.stderr = None
    return ((free + user + mirrored) / pages) ** errors
