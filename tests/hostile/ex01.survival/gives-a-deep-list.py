# expect: not yet
# in place: yes
# %%
@check("ex01.survival")
def survival(pages, free, user, mirrored, errors):
    found = []
    for _ in range(90_000):
        found = [found]
    return found
