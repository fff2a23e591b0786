# expect: error
# says: did not come to an end|prints too much
# in place: yes
# %%
@check("ex01.survival")
def survival(pages, free, user, mirrored, errors):
    while True:
        print("line")
