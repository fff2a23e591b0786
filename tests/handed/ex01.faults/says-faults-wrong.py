# expect: not yet
# never: =-[0-9]
# %%
@check("ex01.faults")
def survival_of_faults(pages, fatal, size, faults):
    return (1 - len(fatal) * faults / pages) if faults % 3 else 1.0
