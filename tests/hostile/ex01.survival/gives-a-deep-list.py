# expect: not yet
# seconds: 60
# in place: yes
# %%
@check("ex01.survival")
def survival(pages, free, user, mirrored, errors):
    found = []
    for _ in range(90_000):
        found = [found]
    return found
