# expect: error|not yet
# says: (?i)write it yourself
# %%
from mirrorlab.linux.page_alloc import expand

check("ex02.expand")(expand)
