# expect: error|not yet
# says: (?i)write it yourself
# %%
@check("ex01.survival")
def survival(pages, free, user, mirrored, errors):
    import runpy
    import sys

    path = input.__code__.co_filename.replace("course/judge/subject.py", "questions/survival.py")
    return runpy.run_path(path)["survival_of_errors"](pages, free, user, mirrored, errors)
