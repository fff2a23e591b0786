# expect: error
# says: did not come to an end
# seconds: 1
# %%
@check("ex01.survival")
def survival(pages, free, user, mirrored, errors, then=__import__("time").sleep(0 if "check" in globals() else 1e6)):
    return ((free + user + mirrored) / pages) ** errors
