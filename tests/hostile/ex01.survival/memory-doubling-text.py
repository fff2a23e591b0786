# expect: error
# says: too much memory
# slow: yes
# %%
@check("ex01.survival")
def survival(pages, free, user, mirrored, errors):
    found = "0"
    while True:
        found += found
