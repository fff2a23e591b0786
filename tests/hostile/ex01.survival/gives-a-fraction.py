# expect: right
# in place: yes
# %%
@check("ex01.survival")
def survival(pages, free, user, mirrored, errors):
    from fractions import Fraction

    return Fraction(free + user + mirrored, pages) ** errors
