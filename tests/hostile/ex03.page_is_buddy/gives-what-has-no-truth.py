# expect: error
# in place: yes
# %%
@check("ex03.page_is_buddy")
def page_is_buddy(zone, buddy, order):
    class Mine:
        def __bool__(self):
            raise KeyboardInterrupt

    return Mine()
