"""A result appears whole or not at all, whatever moment the writer is killed at."""

import json
import math
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from sim.engine import writer
from sim.engine.writer import is_result, read_manifest, whole_folder, write_json

ROOT = Path(__file__).resolve().parents[2]
FILES = 20

WRITE_FOREVER = f"""
import sys, time
sys.path.insert(0, {str(ROOT)!r})
from pathlib import Path
from sim.engine.writer import whole_folder, write_json
target = Path(sys.argv[1])
number = 0
while True:
    number += 1
    with whole_folder(target) as folder:
        for part in range({FILES}):
            (folder / f"part{{part}}.bin").write_bytes(bytes([number % 251]) * 20_000)
            if number == 1 and part == 3:
                print("writing", flush=True)
                time.sleep(0.2)
        write_json(folder / "manifest.json", {{"number": number}})
    if number == 2:
        print("written", flush=True)
"""


def start(target):
    """A process that writes the same result again and again."""
    return subprocess.Popen(
        [sys.executable, "-c", WRITE_FOREVER, str(target)], stdout=subprocess.PIPE, text=True, cwd=target.parent
    )


def whole(target):
    """Whether a result is complete and of one piece."""
    number = read_manifest(target)["number"] % 251
    parts = sorted(target.glob("part*.bin"))
    return len(parts) == FILES and all(part.read_bytes() == bytes([number]) * 20_000 for part in parts)


def temporary(parent):
    """Temporary folders left in a folder."""
    return [path for path in parent.iterdir() if path.name.startswith(".")]


@pytest.mark.parametrize("wait", [0.0, 0.003, 0.011, 0.037, 0.083])
def test_killing_the_writer_leaves_a_whole_result_or_none(tmp_path, wait):
    target = tmp_path / "result"
    process = start(target)
    assert process.stdout.readline() == "writing\n"
    if wait:
        assert process.stdout.readline() == "written\n"
    time.sleep(wait)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    process.stdout.close()
    assert not target.exists() or whole(target)
    with whole_folder(target) as folder:
        write_json(folder / "manifest.json", {"number": 7})
    assert read_manifest(target) == {"number": 7}
    assert temporary(tmp_path) == []


def test_killed_before_the_first_result_is_finished_there_is_none(tmp_path):
    process = start(tmp_path / "result")
    assert process.stdout.readline() == "writing\n"
    os.kill(process.pid, signal.SIGSTOP)
    assert not (tmp_path / "result").exists()
    assert len(temporary(tmp_path)) == 1
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    process.stdout.close()
    writer.remove_stale(tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="the system keeps no such records")
def test_a_writer_that_has_ended_is_gone_even_if_nobody_has_asked_after_it(tmp_path):
    process = subprocess.Popen([sys.executable, "-c", ""])
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    folder = tmp_path / f".writing-{socket.gethostname()}-{process.pid}-abcd"
    folder.mkdir()
    writer.remove_stale(tmp_path)
    assert not folder.exists()
    process.wait()


def test_an_error_while_writing_leaves_the_former_result(tmp_path):
    target = tmp_path / "result"
    with whole_folder(target) as folder:
        write_json(folder / "manifest.json", {"number": 1})
    with pytest.raises(KeyboardInterrupt), whole_folder(target) as folder:
        (folder / "half.bin").write_bytes(b"x")
        raise KeyboardInterrupt
    assert read_manifest(target) == {"number": 1}
    assert temporary(tmp_path) == []


def test_a_temporary_folder_of_a_living_writer_is_left_alone(tmp_path):
    with whole_folder(tmp_path / "one") as first:
        with whole_folder(tmp_path / "two") as second:
            write_json(second / "manifest.json", {})
        assert first.is_dir()
        write_json(first / "manifest.json", {})
    assert is_result(tmp_path / "one")
    assert is_result(tmp_path / "two")


def test_a_silent_folder_of_another_machine_goes_after_a_day_and_other_folders_never(tmp_path):
    foreign = tmp_path / ".writing-another-host-123-abcd"
    mine = tmp_path / ".git"
    for folder in (foreign, mine):
        folder.mkdir()
    writer.remove_stale(tmp_path)
    assert foreign.is_dir()
    os.utime(foreign, (time.time() - 200_000,) * 2)
    os.utime(mine, (time.time() - 200_000,) * 2)
    writer.remove_stale(tmp_path)
    assert not foreign.exists()
    assert mine.is_dir()


def test_two_writers_of_one_result_leave_one_whole_result(tmp_path):
    target = tmp_path / "result"
    both = [start(target), start(target)]
    for process in both:
        for _ in range(2):
            process.stdout.readline()
    time.sleep(0.3)
    assert all(process.poll() is None for process in both)
    for process in both:
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        process.stdout.close()
    assert not target.exists() or whole(target)
    writer.remove_stale(tmp_path)
    assert temporary(tmp_path) == []


def test_json_is_sorted_finite_and_plain(tmp_path):
    path = tmp_path / "x.json"
    write_json(path, {"b": np.float64(1.5), "a": math.nan, "c": (np.int64(2), math.inf), "名": True})
    assert path.read_text(encoding="utf-8").index('"a"') < path.read_text(encoding="utf-8").index('"b"')
    assert json.loads(path.read_text(encoding="utf-8")) == {"a": None, "b": 1.5, "c": [2, None], "名": True}


@pytest.mark.parametrize("text", ["[]", "{", ""])
def test_a_broken_manifest_is_a_value_error(tmp_path, text):
    (tmp_path / "manifest.json").write_text(text)
    with pytest.raises(ValueError):
        read_manifest(tmp_path)
