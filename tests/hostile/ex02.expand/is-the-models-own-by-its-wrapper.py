# expect: error|not yet
# %%
import functools

from mirrorlab.linux.page_alloc import expand as found


@check("ex02.expand")
@functools.wraps(found)
def expand(zone, pfn, low, high, migratetype):
    return found(zone, pfn, low, high, migratetype)
