# expect: not yet|error
# says: yours a list, \[0, 1, 2, 3, 4, 5, 6, 7, \.\.\.\]: return one value
# %%
@check("ex02.rmqueue_smallest")
def __rmqueue_smallest(zone, order, migratetype):
    return [*range(50)]
