"""A signal stops a command even where the interrupt it raises is lost."""

import os
import signal
import subprocess
import sys

import pytest
from small_shop import SMALL

from sim.cli import main, progress, run, stopping


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_that_was_ignored_is_raised_again_when_progress_is_told(number):
    with stopping.listening():
        progress._silent(0.0, 1.0, 0.0)
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), number)
        with pytest.raises(KeyboardInterrupt):
            progress._silent(0.0, 1.0, 0.0)
    with stopping.listening():
        progress._silent(0.0, 1.0, 0.0)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_in_a_callback_from_c_prints_nothing_and_is_raised_at_the_next_progress(number):
    code = f"""
import ctypes, os, sys
from sim.cli import stopping

def called():
    if sys.argv[1] == "interrupt":
        os.kill(os.getpid(), {int(number)})
        sum(range(100))
    raise ValueError("a fault of its own")

with stopping.listening():
    ctypes.CFUNCTYPE(None)(called)()
    try:
        stopping.check()
    except KeyboardInterrupt:
        print("stopped")
"""
    lost, fault = (
        subprocess.run([sys.executable, "-c", code, what], capture_output=True, text=True) for what in ("interrupt", "")
    )
    assert (lost.returncode, lost.stdout, lost.stderr) == (0, "stopped\n", "")
    assert (fault.returncode, fault.stdout) == (0, "")
    assert "a fault of its own" in fault.stderr


@pytest.mark.slow
def test_an_interrupt_lost_while_the_report_is_drawn_leaves_no_result(tmp_path, monkeypatch):
    drawn = run._draw

    def losing(folder, lang):
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGTERM)
        return drawn(folder, lang)

    monkeypatch.setattr(run, "_draw", losing)
    _small_run(tmp_path, monkeypatch)
    assert main(["run", "small.yaml", "--quiet"]) == 130
    assert not list(tmp_path.rglob("kpis.json"))


def test_handlers_are_put_back():
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    hook = sys.unraisablehook
    with stopping.listening():
        assert sys.unraisablehook is not hook
        assert all(signal.getsignal(number) is not before[number] for number in before)
    assert {number: signal.getsignal(number) for number in before} == before
    assert sys.unraisablehook is hook


def _small_run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "small.yaml").write_text(SMALL, encoding="utf-8")


@pytest.mark.slow
def test_an_error_that_a_library_makes_of_an_interrupt_is_no_fault(tmp_path, monkeypatch, capsys):
    def translating(folder, lang):
        try:
            os.kill(os.getpid(), signal.SIGINT)
        except KeyboardInterrupt:
            raise ValueError("Error calling function") from None

    monkeypatch.setattr(run, "_draw", translating)
    _small_run(tmp_path, monkeypatch)
    assert main(["run", "small.yaml", "--quiet"]) == 130
    assert "interrupted" in capsys.readouterr().err
    assert not list(tmp_path.rglob("sim618-fault*"))


@pytest.mark.slow
@pytest.mark.parametrize("where", ["after its work is done", "in a text that is executed"])
def test_the_exit_code_of_a_process_is_that_of_its_work(tmp_path, monkeypatch, where):
    """A signal at the interpreter's end must not change it, nor one that was obeyed be remembered by Python itself."""
    late = "atexit.register(lambda: os.kill(os.getpid(), signal.SIGTERM))"
    inside = "run._draw = lambda *_: exec('import os, signal; os.kill(os.getpid(), signal.SIGINT)')"
    body = late if where.startswith("after") else inside
    code = f"import atexit, os, signal, sys; from sim.cli import command, run; {body}; command()"
    _small_run(tmp_path, monkeypatch)
    (tmp_path / "started.py").write_text(code, encoding="utf-8")  # only a module that is run remembers
    done = subprocess.run(
        [sys.executable, "-m", "started", "run", "small.yaml", "--quiet"], cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode == (0 if body is late else 130)
    assert "Traceback" not in done.stderr
    assert bool(list(tmp_path.rglob("kpis.json"))) == (body is late)
