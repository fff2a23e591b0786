# expect: not yet
# %%
@check("ex04.can_steal")
def can_steal_fallback(g, order, start_mt):
    return order >= pageblock_order // 2 or start_mt in (0, 1) or not g.page_group_by_mobility_disabled
