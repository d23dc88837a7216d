"""Two processes translate the functions of one kernel: who has done which changes nothing, and neither outlives the other."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import textwrap
import time

import pytest
from packages import ROOT

pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or len(os.sched_getaffinity(0)) < 2, reason="shares with a forked process on a second core"
)

KERNELS = """
from numba import njit
from sim.core.compiled import inner


@inner
def leaf(x):
    return x * 2.0 + 1.0


@inner
def left(a, n):
    total = 0.0
    for i in range(n):
        total += leaf(a[i])
    return total


@inner
def right(a, n):
    if n < 0:
        raise ValueError("nothing is negative")
    return leaf(a[0]) + n


@njit(cache=True)
def kernel(a, n):
    return left(a, n) - right(a, n)


@njit(cache=True)
def later(a):
    return a.sum()
"""

BEGIN = """
import json, os, sys, time
import numpy as np
from sim.core import cache, sharing
from sim.core.compiled import InnerDispatcher
import small

cache.may_fork = True
a = np.arange(10.0)
jobs = [(small.left, (a, 0)), (small.right, (a, 0))]
after = [(small.later, (a,))]


class Slow:
    def __init__(self, function, seconds):
        self.py_func, self.widened, self.function, self.seconds = function.py_func, function.widened, function, seconds

    def compile(self, kinds):
        time.sleep(self.seconds)
        self.function.compile(kinds)


def taken(mine, *functions):
    codes = list(mine.libraries.values())
    return [any(made.library in codes for made in function.overloads.values()) for function in functions]


def tell(**what):
    print(json.dumps(what), flush=True)


"""


@pytest.fixture
def start(tmp_path):
    """Start a script after `BEGIN`, with kernels nobody has compiled yet."""
    (tmp_path / "small.py").write_text(KERNELS)

    def start(code: str) -> subprocess.Popen[str]:
        script = f"import sys; sys.path[:0] = [{str(ROOT)!r}, {str(tmp_path)!r}]\n{BEGIN}\n{textwrap.dedent(code)}"
        environment = {**os.environ, "NUMBA_CACHE_DIR": str(tmp_path / "kernels")}
        return subprocess.Popen(
            [sys.executable, "-c", script], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
        )

    return start


@pytest.fixture
def told(start):
    """What such a script tells on its last line."""

    def told(code: str) -> dict[str, object]:
        out, err = start(code).communicate(timeout=300)
        assert out and not err, err
        return json.loads(out.splitlines()[-1])

    return told


RESULT = sum(2 * i + 1 for i in range(10)) - (1 + 10)


def test_what_the_other_process_has_translated_is_taken_over(told):
    found = told("""
        process = sharing.begin(small.kernel, (a, 0), [*jobs, (small.leaf, (np.int64(1),))], after)
        mine = InnerDispatcher.shared
        while mine.alive:
            mine.listen(wait=True)
        result = small.kernel(a, 10)
        try:
            small.kernel(a, -1)
        except ValueError as error:
            said = str(error)
        status = os.waitpid(process, 0)[1]
        with open(os.path.join(os.environ["NUMBA_CACHE_DIR"], sharing.NOTE)) as note:
            noted = json.load(note)
        tell(noted=noted, result=result, said=said, status=status, taken=taken(mine, small.left, small.right),
             over=InnerDispatcher.shared is None, later=small.later(a), hits=sum(small.later.stats.cache_hits.values()))
    """)
    assert found == {
        "result": RESULT, "said": "nothing is negative", "status": 0, "taken": [True, True], "over": True,
        "later": 45.0, "hits": 1, "noted": {"taken": ["left", "right"], "never asked for": ["leaf"]},
    }  # fmt: skip


def test_who_needs_what_the_other_is_at_does_another_job_meanwhile(told):
    found = told("""
        process = sharing.begin(small.kernel, (a, 0), [(Slow(small.left, 3.0), (a, 0)), jobs[1]])
        mine = InnerDispatcher.shared
        while not mine.begun:
            mine.listen(wait=True)
        result = small.kernel(a, 10)
        assert not mine.unasked
        tell(result=result, taken=taken(mine, small.left, small.right), left=len(mine.left), begun=len(mine.begun))
    """)
    assert found == {"result": RESULT, "taken": [True, False], "left": 0, "begun": 1}


@pytest.mark.parametrize("end", ["os.kill(process, 9)", "pass"])
def test_where_the_other_process_dies_this_one_does_it_all(told, end):
    found = told(f"""
        class Broken(Slow):
            def compile(self, kinds):
                raise RuntimeError("cannot")

        process = sharing.begin(small.kernel, (a, 0), [(Broken(small.left, 0.0), (a, 0)), jobs[1]], after)
        {end}
        tell(result=small.kernel(a, 10))
    """)
    assert found == {"result": RESULT}


@pytest.mark.parametrize("lacking", ["os.fork", "os.pipe", "sharing.tempfile.TemporaryFile"])
def test_without_room_for_another_process_this_one_does_it_all_and_leaves_nothing_open(told, lacking):
    found = told(f"""
        def lacking(*_, **__):
            raise OSError("no room")

        before = len(os.listdir("/proc/self/fd"))
        real, {lacking} = {lacking}, lacking
        began = sharing.begin(small.kernel, (a, 0), jobs)
        {lacking} = real
        tell(began=began, result=small.kernel(a, 10), more=len(os.listdir("/proc/self/fd")) - before)
    """)
    assert found == {"began": None, "result": RESULT, "more": 0}


def test_nothing_is_begun_where_the_kernel_is_kept(told):
    code = "process = sharing.begin(small.kernel, (a, 0), jobs); tell(result=small.kernel(a, 10), began=process is not None)"
    assert [told(code) for _ in range(2)] == [{"result": RESULT, "began": began} for began in (True, False)]


@pytest.mark.parametrize(
    "alone",
    [
        "cache.may_fork = False",
        "import threading; threading.Thread(target=time.sleep, args=(20,), daemon=True).start()",
        "os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})",
    ],
    ids=["embedded", "threads", "one core"],
)
def test_a_process_is_forked_only_by_a_command_with_a_second_core_and_no_threads(told, alone):
    found = told(f"""
        {alone}
        began = sharing.begin(small.kernel, (a, 0), jobs)
        tell(began=began, result=small.kernel(a, 10))
    """)
    assert found == {"began": None, "result": RESULT}


def test_a_worker_of_a_study_forks_no_further(told):
    found = told("""
        import multiprocessing
        multiprocessing.parent_process = lambda: object()
        tell(began=sharing.begin(small.kernel, (a, 0), jobs))
    """)
    assert found == {"began": None}


@pytest.mark.parametrize("ending", ["", "kill", "terminate", "interrupt"])
def test_the_other_process_does_not_outlive_this_one(start, ending):
    running = start(f"""
        process = sharing.begin(small.kernel, (a, 0), [], [(Slow(small.left, 300.0), (a, 0))])
        tell(process=process)
        time.sleep(300 if {ending!r} else 0)
    """)
    assert running.stdout is not None
    line = running.stdout.readline()
    assert line, running.communicate()[1]
    process = json.loads(line)["process"]
    assert ending == "" or os.path.exists(f"/proc/{process}")
    if ending == "interrupt":
        running.send_signal(signal.SIGINT)
    elif ending:
        getattr(running, ending)()
    running.communicate(timeout=60)
    deadline = time.monotonic() + 30
    while os.path.exists(f"/proc/{process}") and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not os.path.exists(f"/proc/{process}")
