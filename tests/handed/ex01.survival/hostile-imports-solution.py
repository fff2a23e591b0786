# expect: not yet|error
# %%
@check("ex01.survival")
def survival(pages, free, user, mirrored, errors):
    from mirrorlab.questions.survival import survival_of_errors
    return survival_of_errors(pages, free, user, mirrored, errors)
