# expect: not started
# in place: yes
# %%
@check("ex01.survival")
def survival(pages, free, user, mirrored, errors):
    class Mine(NotImplementedError):
        pass

    raise Mine
