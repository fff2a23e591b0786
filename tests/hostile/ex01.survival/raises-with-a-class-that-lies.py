# expect: error
# in place: yes
# %%
@check("ex01.survival")
def survival(pages, free, user, mirrored, errors):
    class Mine(ValueError):
        @property
        def __class__(self):
            raise KeyboardInterrupt

    raise Mine("text")
