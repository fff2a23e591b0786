# expect: error|not yet
# %%
@check("ex02.expand")
def expand(zone, pfn, low, high, migratetype):
    log = input.__globals__["Recorder"].wrap.__globals__
    log["digest"] = lambda g: "0" * 16
    log["token"] = lambda *_: "-"
