# expect: error|not yet
# says: (?i)write it yourself
# %%
@check("ex02.expand")
def expand(zone, pfn, low, high, migratetype):
    path = list_add.__code__.co_filename.replace("list.py", "page_alloc.py")

    import json

    notebook = path.replace("mirrorlab/linux/page_alloc.py", "solutions/02_splitting.ipynb")
    cells = json.load(open(notebook))["cells"]
    [text] = ["".join(cell["source"]) for cell in cells if "def expand" in "".join(cell["source"])]
    names = {**globals(), "check": lambda *_, **__: lambda function: function}
    exec(text, names)
    return names["expand"](zone, pfn, low, high, migratetype)
