# expect: error
# says: `def`|its source cannot be read
# in place: yes
# %%
exec("def f(page_idx, order): return page_idx ^ (1 << order)")
check("ex03.find_buddy")(f)
