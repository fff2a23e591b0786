# expect: error|not yet
# says: (?i)write it yourself
# %%
@check("ex01.survival")
def survival(pages, free, user, mirrored, errors):
    import sys

    for each in sys.meta_path:
        try:
            found = (
                input.__globals__["rules"]
                .linux.importlib.import_module("mirrorlab.questions.survival")
                .survival_of_errors
            )
        except ImportError:
            raise
    return found(pages, free, user, mirrored, errors)
