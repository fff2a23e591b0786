# expect: error
# says: did not come to an end
# seconds: 1
# slow: yes
# %%
@check("ex01.survival")
def survival(pages, free, user, mirrored, errors):
    import threading

    lock = threading.Lock()
    return lock.acquire() and lock.acquire()
