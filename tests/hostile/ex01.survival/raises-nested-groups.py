# expect: error
# says: ExceptionGroup
# in place: yes
# %%
@check("ex01.survival")
def survival(pages, free, user, mirrored, errors):
    group = ValueError("deep")
    for n in range(2_000):
        group = ExceptionGroup(str(n), [group])
    raise group
