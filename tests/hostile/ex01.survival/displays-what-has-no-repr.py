# expect: not yet
# says: that cannot be written
# in place: yes
# %%
@check("ex01.survival")
def survival(pages, free, user, mirrored, errors):
    class Mine:
        def __repr__(self):
            raise KeyboardInterrupt

    display(Mine())
    return 7
