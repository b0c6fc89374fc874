"""Freed memory stays with the process."""

import ctypes
import subprocess
import sys

import pytest

from keras_sessrec.training import freed_memory

# In a process of its own: threads that exist already, and their memory, would take part.
SCRIPT = """
import ctypes, resource, runpy, sys, threading

if sys.argv[2] == "keep":
    assert runpy.run_path(sys.argv[1])["keep_freed_memory"]()
libc = ctypes.CDLL(None)
libc.malloc.restype, libc.malloc.argtypes = ctypes.c_void_p, [ctypes.c_size_t]
libc.free.argtypes = [ctypes.c_void_p]

def allocate_often():
    for repeat in range(60):
        if repeat == 10:
            before = resource.getrusage(resource.RUSAGE_THREAD).ru_minflt
        held = [libc.malloc(250_000) for _ in range(20)]
        for block in held:
            ctypes.memset(block, 1, 250_000)
        for block in held:
            libc.free(block)
    print(resource.getrusage(resource.RUSAGE_THREAD).ru_minflt - before)

thread = threading.Thread(target=allocate_often)
thread.start()
thread.join()
"""


def pages_fetched(mode):
    arguments = [sys.executable, "-c", SCRIPT, freed_memory.__file__, mode]
    return int(subprocess.run(arguments, capture_output=True, check=True, text=True).stdout)


@pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "mallopt"), reason="needs glibc on Linux")
def test_a_thread_that_allocates_and_frees_again_and_again_gets_its_pages_once():
    # 50 repeats of 5 MB are 61,000 pages if each is returned and fetched anew.
    assert pages_fetched("keep") < 1_000
    assert pages_fetched("return") > 10 * max(pages_fetched("keep"), 100)
