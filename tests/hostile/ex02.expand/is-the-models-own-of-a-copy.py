# expect: error|not yet
# says: (?i)write it yourself
# %%
from mirrorlab import load

check("ex02.expand")(load().page_alloc.expand)
