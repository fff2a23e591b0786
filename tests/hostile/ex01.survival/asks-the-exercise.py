# expect: error|not yet
# says: (?i)write it yourself
# %%
@check("ex01.survival")
def survival(pages, free, user, mirrored, errors):
    from mirrorlab.course.judge.exercise import find

    return find("ex01.survival").proven(pages, free, user, mirrored, errors)
