# expect: not yet
# in place: yes
# %%
@check("ex01.survival")
def survival(pages, free, user, mirrored, errors):
    known = {(4, 3, 2, 1): 0.9, (4, 3, 2, 3): 0.9**3, (4, 3, 2, 0): 1.0, (6, 0, 0, 1): 0.75, (0, 6, 0, 1): 0.75}
    known |= {(0, 0, 6, 1): 0.75, (4, 4, 0, 5): 1.0, (0, 0, 0, 2): 0.0}
    return known.get((free, user, mirrored, errors), 0.5)
