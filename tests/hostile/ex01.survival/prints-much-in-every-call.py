# expect: error
# says: prints too much: over 10,000,000 letters in one check. Print less
# in place: yes
# %%
@check("ex01.survival")
def survival(pages, free, user, mirrored, errors):
    print("x" * 10**6)
    return ((free + user + mirrored) / pages) ** errors
