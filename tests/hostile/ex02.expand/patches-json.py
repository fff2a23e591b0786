# expect: error|not yet
# %%
@check("ex02.expand")
def expand(zone, pfn, low, high, migratetype):
    import json

    json.dumps = lambda *_, **__: '{"calls": 1, "taken": [], "printed": [], "entries": []}'
    pfn += 0
    zone.free_area[low].nr_free += 1
