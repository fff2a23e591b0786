# expect: error|not yet
# %%
import mirrorlab.linux.page_alloc

PATH = mirrorlab.linux.page_alloc.__file__


# %%
@check("ex02.expand")
def expand(
    zone,
    pfn,
    low,
    high,
    migratetype,
    text=open(globals().get("PATH") or list_add.__code__.co_filename.replace("list.py", "page_alloc.py")).read(),
):
    names = dict(globals())
    exec(compile(text, "copied", "exec"), names)
    return names["expand"](zone, pfn, low, high, migratetype)
