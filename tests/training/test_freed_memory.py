"""Freed memory stays with the process."""

import resource
import sys
import threading

import pytest

from keras_sessrec.training import keep_freed_memory


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="glibc's malloc")
def test_a_thread_that_allocates_and_frees_again_and_again_gets_its_pages_once():
    if not keep_freed_memory():
        pytest.skip("the C library has no mallopt")
    import ctypes

    libc = ctypes.CDLL(None)
    libc.malloc.restype, libc.malloc.argtypes = ctypes.c_void_p, [ctypes.c_size_t]
    libc.free.argtypes = [ctypes.c_void_p]
    faults = []

    def allocate_often():
        blocks = 20
        for repeat in range(60):
            if repeat == 10:
                faults.append(resource.getrusage(resource.RUSAGE_THREAD).ru_minflt)
            held = [libc.malloc(250_000) for _ in range(blocks)]
            for block in held:
                ctypes.memset(block, 1, 250_000)
            for block in held:
                libc.free(block)
        faults.append(resource.getrusage(resource.RUSAGE_THREAD).ru_minflt)

    thread = threading.Thread(target=allocate_often)
    thread.start()
    thread.join()
    # 50 repeats of 5 MB are 61,000 pages if each is returned and fetched anew.
    assert faults[1] - faults[0] < 2_000


def test_it_is_set_once():
    assert keep_freed_memory() is keep_freed_memory()
