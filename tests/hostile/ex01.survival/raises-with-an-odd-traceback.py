# expect: error
# in place: yes
# %%
@check("ex01.survival")
def survival(pages, free, user, mirrored, errors):
    class Mine(ValueError):
        __traceback__ = property(lambda self: 7 // 0)

    raise Mine("text")
