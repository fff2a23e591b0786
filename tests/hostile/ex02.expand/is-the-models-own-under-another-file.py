# expect: error|not yet
# %%
from mirrorlab.linux import page_alloc


def expand(zone, pfn, low, high, migratetype):
    pass


expand.__code__ = page_alloc.expand.__code__.replace(co_filename="mine.py")
check("ex02.expand")(expand)
