# expect: error
# says: did not come to an end
# seconds: 1
# slow: yes
# %%
@check("ex01.survival")
def survival(pages, free, user, mirrored, errors):
    class Mine:
        def __index__(self):
            return sum(iter(int, 1))

    return Mine()
