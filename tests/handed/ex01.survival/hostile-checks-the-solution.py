# expect: not yet|error
# %%
from mirrorlab.questions.survival import survival_of_errors
check("ex01.survival")(survival_of_errors)
