# expect: error
# in place: yes
# %%
@check("ex01.survival")
def survival(pages, free, user, mirrored, errors):
    class Text(str):
        def __len__(self):
            return -1

        def __getitem__(self, where):
            raise KeyboardInterrupt

    class Mine(Exception):
        def __str__(self):
            return Text("x" * 10**6)

    raise Mine
