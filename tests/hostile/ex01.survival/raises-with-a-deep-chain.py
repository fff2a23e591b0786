# expect: error
# says: ValueError: 49999
# in place: yes
# %%
@check("ex01.survival")
def survival(pages, free, user, mirrored, errors):
    problem = ValueError("last")
    for n in range(50_000):
        cause, problem = problem, ValueError(n)
        problem.__cause__ = cause
    raise problem
