# expect: error
# in place: yes
# %%
@check("ex01.survival")
def survival(pages, free, user, mirrored, errors):
    class Odd(type):
        def __getattribute__(cls, name):
            raise KeyboardInterrupt

        def __instancecheck__(cls, other):
            raise KeyboardInterrupt

    class Mine(ValueError, metaclass=Odd):
        pass

    raise type.__call__(Mine, "text")
