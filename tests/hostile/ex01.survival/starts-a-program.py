# expect: error
# says: starts no
# %%
@check("ex01.survival")
def survival(pages, free, user, mirrored, errors):
    import subprocess
    import sys

    subprocess.Popen([sys.executable, "-c", "while True: pass"], start_new_session=True)
    return ((free + user + mirrored) / pages) ** errors
