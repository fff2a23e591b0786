# expect: right
# %%
@check("ex01.faults")
def survival_of_faults(pages, fatal, size, faults):
    from decimal import Decimal
    rows = pages // size
    bad = len({page // size for page in fatal})
    chance = Decimal(1)
    for _ in range(faults):
        chance *= Decimal(rows - bad) / Decimal(rows)
    return chance
