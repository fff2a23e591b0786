# expect: not yet
# never: =-[0-9]
# %%
@check("ex01.faults")
def survival_of_faults(pages, fatal, size, faults):
    return 0.5
