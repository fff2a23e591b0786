# expect: error
# says: cannot be shown
# in place: yes
# %%
@check("ex01.survival")
def survival(pages, free, user, mirrored, errors):
    class Mine(BaseException):
        def __str__(self):
            raise self

        __repr__ = __str__

    raise Mine
