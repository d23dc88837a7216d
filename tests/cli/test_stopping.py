"""A signal stops a command even where the interrupt it raises is lost."""

import os
import signal

import pytest
from small_shop import SMALL

from sim.cli import main, progress, run, stopping


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_that_was_ignored_is_raised_again_when_progress_is_told(number):
    former = stopping.listen()
    try:
        progress._silent(0.0, 1.0, 0.0)
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), number)
        with pytest.raises(KeyboardInterrupt):
            progress._silent(0.0, 1.0, 0.0)
    finally:
        stopping.restore(former)
    stopping.restore(stopping.listen())
    progress._silent(0.0, 1.0, 0.0)


@pytest.mark.slow
def test_an_interrupt_lost_while_the_report_is_drawn_leaves_no_result(tmp_path, monkeypatch):
    drawn = run._draw

    def losing(folder, lang):
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGTERM)
        return drawn(folder, lang)

    monkeypatch.setattr(run, "_draw", losing)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "small.yaml").write_text(SMALL, encoding="utf-8")
    assert main(["run", "small.yaml", "--quiet"]) == 130
    assert not list(tmp_path.rglob("kpis.json"))


def test_handlers_are_put_back():
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    stopping.restore(stopping.listen())
    assert {number: signal.getsignal(number) for number in before} == before
