# expect: error|not yet
# says: (?i)write it yourself
# slow: yes
# %%
@check("ex02.expand")
def expand(zone, pfn, low, high, migratetype):
    from mirrorlab.course.judge.exercise import find

    found = find("ex02.expand").wrongs[0].function
    return found(zone, pfn, low, high, migratetype)
