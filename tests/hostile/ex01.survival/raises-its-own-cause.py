# expect: error
# says: ValueError: round
# in place: yes
# %%
@check("ex01.survival")
def survival(pages, free, user, mirrored, errors):
    problem = ValueError("round")
    problem.__cause__ = problem.__context__ = problem
    raise problem
