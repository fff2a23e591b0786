# expect: error|not yet
# says: (?i)write it yourself
# %%
from mirrorlab.questions.survival import survival_of_errors as survival

check("ex01.survival")(survival)
