# expect: right
# %%
@check("ex01.survival")
def survival(pages, free, user, mirrored, errors):
    from decimal import Decimal
    if errors == 0:
        return Decimal(1)
    return (Decimal(free + user + mirrored) / Decimal(pages)) ** errors
