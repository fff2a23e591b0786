# expect: error
# says: ExceptionGroup: many .10000 sub
# in place: yes
# %%
@check("ex01.survival")
def survival(pages, free, user, mirrored, errors):
    raise ExceptionGroup("many", [ValueError(n) for n in range(10_000)])
