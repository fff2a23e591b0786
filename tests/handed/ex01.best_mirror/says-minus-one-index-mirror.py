# expect: not yet|error
# says: uses -1 as an index
# %%
@check("ex01.best_mirror")
def best_mirror(pages, fatal, chips):
    size = chips // 2
    before = [0]
    for page in range(pages):
        before.append(before[page] + (page in fatal))
    return max(range(pages - size + 1), key=lambda first: before[first + size - 1] - before[first - 1])
