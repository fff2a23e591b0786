# expect: not yet|error
# in place: yes
# %%
@check("ex01.survival")
def survival(pages, free, user, mirrored, errors):
    class Mine:
        def tolist(self):
            return self

    Mine.__module__ = "numpy"
    return Mine()
