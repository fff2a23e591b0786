# expect: right
# %%
@check("ex01.best_mirror")
def best_mirror(pages, fatal, chips):
    import numpy as np
    size = chips // 2
    return np.uint16(max(range(pages - size + 1), key=lambda first: sum(first <= page < first + size for page in fatal)))
