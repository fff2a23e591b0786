# expect: right
# %%
@check("ex01.best_mirror")
def best_mirror(pages, fatal, chips):
    from decimal import Decimal
    size = chips // 2
    return Decimal(max(range(pages - size + 1), key=lambda first: sum(first <= page < first + size for page in fatal)))
