# expect: error|not yet
# says: (?i)write it yourself
# %%
from mirrorlab.course.judge.exercise import find

check("ex02.expand")(find("ex02.expand").wrongs[0].function)
