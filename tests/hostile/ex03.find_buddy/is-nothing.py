# expect: error
# says: `def`|its source cannot be read
# in place: yes
# %%
check("ex03.find_buddy")(None)
