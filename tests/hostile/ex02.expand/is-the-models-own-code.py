# expect: error|not yet
# says: (?i)write it yourself
# %%
from mirrorlab.linux import page_alloc


def expand(zone, pfn, low, high, migratetype):
    pass


expand.__code__ = page_alloc.expand.__code__
check("ex02.expand")(expand)
