# expect: error|not yet|right
# slow: yes
# %%
@check("ex02.expand")
def expand(zone, pfn, low, high, migratetype):
    import os

    try:
        open(f"/proc/{os.getppid()}/mem", "rb").read(1)
    except OSError as problem:
        if "yourself" not in str(problem):
            raise
    while high > low:
        high -= 1
        half = pfn + (1 << high)
        list_add(half, zone.free_area[high].free_list[migratetype])
        set_page_order(zone, half, high, migratetype)
        zone.free_area[high].nr_free += 1
