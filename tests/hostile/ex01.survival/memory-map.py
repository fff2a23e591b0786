# expect: error
# says: too much memory|Cannot allocate memory
# %%
@check("ex01.survival")
def survival(pages, free, user, mirrored, errors):
    import mmap

    return len([mmap.mmap(-1, 1 << 28) for _ in range(99)])
