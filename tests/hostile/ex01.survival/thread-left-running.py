# expect: right
# %%
@check("ex01.survival")
def survival(pages, free, user, mirrored, errors):
    import threading

    def spin():
        while True:
            pass

    threading.Thread(target=spin).start()
    return ((free + user + mirrored) / pages) ** errors
