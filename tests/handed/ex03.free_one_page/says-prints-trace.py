# expect: not yet|error
# says: KernelBug: list_del
# never: mirrorlab\.linux|list\.py| at 0x
# %%
@check("ex03.free_one_page")
def __free_one_page(zone, pfn, order, migratetype):
    import traceback
    print(list_del, zone)
    try:
        list_del(99, zone.free_area[0].free_list[0])
    except Exception:
        print(traceback.format_exc().replace("Traceback", "trace"))
