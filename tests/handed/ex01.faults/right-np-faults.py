# expect: right
# %%
@check("ex01.faults")
def survival_of_faults(pages, fatal, size, faults):
    import numpy as np
    rows = pages // size
    bad = np.unique(np.array(fatal, dtype=int) // size).size
    return np.power(1 - np.float64(bad) / rows, faults)
