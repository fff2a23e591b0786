# expect: not yet
# %%
@check("ex00.zone_spans_pfn")
def zone_spans_pfn(zone, pfn):
    return zone.zone_start_pfn <= pfn < zone.zone_start_pfn + zone.managed_pages
