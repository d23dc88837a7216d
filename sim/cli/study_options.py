"""Options that all commands of studies share, and how their mistakes are told."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from sim.cli.faults import RefusedError, say
from sim.cli.options import Json, Lang, Out, Quiet, Seed, Set, Shoppers, language, overrides
from sim.core.errors import Exit, ScenarioError, SimError, UnitError

StoreAt = Annotated[Path, typer.Option("--store", metavar="DIR", help="Folder of stored runs.")]
STORE = Path("results/store")


@dataclass(frozen=True, kw_only=True)
class StudyOptions:
    """The shared options as typed, in the order in which `--help` shows them."""

    out: Out = None
    seed: Seed = None
    set_: Set = None
    shoppers: Shoppers = None
    executor: Annotated[str, typer.Option("--executor", help="local, processes:N or tcp://host:port.")] = "local"
    lang: Lang = "en"
    json_: Json = False
    quiet: Quiet = False

    def checked(self) -> dict[str, Any]:
        """The overrides of `--set` and `--shoppers`. Raises RefusedError for these, `--lang` or `--executor`."""
        from sim.study import executors

        language(self.lang)
        executors.check(self.executor)
        return overrides(self.set_, self.shoppers)


def shared_options(command: Callable[..., None]) -> Callable[..., None]:
    """`command(..., options: StudyOptions)` as a command that takes each shared option by itself."""
    shared = list(inspect.signature(StudyOptions, eval_str=True).parameters.values())
    own = inspect.signature(command, eval_str=True)

    @functools.wraps(command)
    def taken(**given: Any) -> None:
        command(options=StudyOptions(**{item.name: given.pop(item.name) for item in shared}), **given)

    parameters = [item for item in own.parameters.values() if item.name != "options"]
    parameters = [item.replace(kind=inspect.Parameter.KEYWORD_ONLY) for item in (*parameters, *shared)]
    taken.__signature__ = own.replace(parameters=parameters)  # type: ignore[attr-defined]
    taken.__annotations__ = {item.name: item.annotation for item in parameters}
    return taken


@contextmanager
def told(quiet: bool = False) -> Iterator[None]:
    """Tell users' mistakes as such, an interruption as one that can go on; faults go up to the entry point."""
    from sim.study.runner import RunError
    from sim.study.store import StoreError

    try:
        yield
    except (ScenarioError, UnitError):
        raise
    except RunError as error:
        error.add_note(error.trace)
        raise
    except StoreError as error:  # a disk or a file that was damaged, no fault of the simulator
        raise RefusedError(str(error)) from None
    except KeyboardInterrupt:
        if not quiet:
            say("interrupted; finished runs are kept, the same command goes on from there")
        raise typer.Exit(Exit.INTERRUPTED) from None
    except SimError as error:
        raise RefusedError(str(error)) from None
