# expect: error
# in place: yes
# %%
@check("ex01.survival")
def survival(pages, free, user, mirrored, errors):
    class Odd(type):
        __name__ = property(lambda cls: [cls])

    class Mine(ValueError, metaclass=Odd):
        pass

    raise Mine("text")
