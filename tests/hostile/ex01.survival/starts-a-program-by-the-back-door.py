# expect: error|right
# %%
@check("ex01.survival")
def survival(pages, free, user, mirrored, errors):
    import os
    import sys

    import _posixsubprocess

    program = """
    import os, signal, time
    for number in range(1, 65):
        try:
            signal.signal(number, signal.SIG_IGN)
        except Exception:
            pass
    for _ in range(3):
        os.fork()
        os.setsid() if os.getpid() != os.getsid(0) else None
    while True:
        pass
    """
    read, write = os.pipe()
    null = [None] * (1 if sys.version_info < (3, 14) else 1)
    _posixsubprocess.fork_exec(
        [sys.executable.encode(), b"-c", program.encode()],
        (sys.executable.encode(),),
        True,
        (),
        None,
        None,
        -1,
        -1,
        -1,
        -1,
        -1,
        -1,
        read,
        write,
        True,
        True,
        0,
        None,
        None,
        None,
        -1,
        None,
        True,
    )
    return ((free + user + mirrored) / pages) ** errors
