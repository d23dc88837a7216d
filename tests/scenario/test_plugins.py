"""An installed package fills any slot of policies and adds events; what is used is part of the scenario and of its hash."""

import json
import textwrap
from pathlib import Path

import pytest
from packages import install, python

from sim.core.config import Slot
from sim.scenario import catalogue, types
from sim.scenario.model import ScenarioModel

ROOT = Path(__file__).resolve().parents[2]

MODULE = '''
    from sim.core.registry import event, get_policy, policy
    from sim.crowd.channels import Broad
    from sim.crowd.retention import ToEveryone
    from sim.oversight.policies import PaidInFull
    from sim.rivals.policies import Match
    from sim.shelf.matching import Matching
    from sim.shelf.policies import Popularity
    from sim.supply.forecasts import MovingAverage

    called = []

    def watched(slot, name, base, method):
        """A policy that does what its base does and says that it was asked."""
        def noting(self, *args):
            called.append(slot)
            return getattr(base, method)(self, *args)
        policy(slot, name)(type(name.title(), (base,), {"__doc__": "Watched.", method: noting, "__module__": __name__}))

    watched("shelf.ranking", "mine", Popularity, "weights")
    watched("shelf.price_matching", "mine", Matching, "ceiling")
    watched("crowd.acquisition", "mine", Broad, "contacts")
    watched("crowd.coupons", "mine", ToEveryone, "chosen")
    watched("rivals.reaction", "mine", Match, "REACTION")
    watched("oversight.commissions", "mine", PaidInFull, "withheld")
    watched("supply.forecast", "mine", MovingAverage, "FORECAST")

    @event("crowd.parade")
    def parade(market, target=None, for_minutes=None, drums=1):
        """A parade passes."""
        called.append("crowd.parade")
'''

SCENARIO = """
name: plugged
start: 2026-06-01
days: 3
warmup: 1d
crowd:
  shoppers: 300
  acquisition: {channels: {street: {policy: mine, budget: 500 CNY}}}
  coupons: {policy: mine, budget: 1000 CNY, every: 1d, vouchers: {everybody: {off: 5 CNY}}}
shelf:
  catalogue: {skus: 40}
  ranking: {policy: mine}
  price_matching: {policy: mine}
  promotions: [{kind: livestream, at: 06-01 20:00, for: 2h}]
supply: {forecast: {policy: mine}}
rivals: {platforms: {other: {price: 90%, reaction: {policy: mine}}}}
oversight: {commissions: {policy: mine}}
events: [{at: 06-02 10:00, do: crowd.parade, drums: 3}]
"""


def body() -> str:
    """The module of the package."""
    import sim.rivals.policies as rivals
    import sim.supply.forecasts as forecasts

    methods = {
        "REACTION": next(name for name in vars(rivals.Match) if not name.startswith("_")),
        "FORECAST": next(name for name in vars(forecasts.MovingAverage) if not name.startswith("_")),
    }
    text = textwrap.dedent(MODULE)
    for word, method in methods.items():
        text = text.replace(word, method)
    return text


@pytest.fixture
def plugged(tmp_path):
    for version in ("1.0", "1.1"):
        install(tmp_path / version, "parade_plugin", body(), version)
    (tmp_path / "x.yaml").write_text(SCENARIO, encoding="utf-8")
    return tmp_path


LOAD = """
import json
from sim.scenario import load, run_hash
scenario = load({path!r}, {overrides!r})
print(json.dumps([run_hash(scenario, 1, 0, "v"), scenario.config.plugins]))
"""


def loaded(folder: Path, version: str, overrides: dict) -> tuple[str, dict]:
    done = python(folder / version, LOAD.format(path=str(folder / "x.yaml"), overrides=overrides))
    assert done.returncode == 0, done.stderr
    return tuple(json.loads(done.stdout.splitlines()[-1]))


def test_a_package_fills_every_kind_of_slot_and_is_really_asked(plugged):
    done = python(
        plugged / "1.0",
        f"""
        import json
        import parade_plugin
        from sim.engine.marketplace import Marketplace
        from sim.scenario import load
        market = Marketplace(load({str(plugged / "x.yaml")!r}), seed=1)
        market.run()
        market.finish()
        print(json.dumps([sorted(set(parade_plugin.called)), dict(market.config.plugins)]))
        """,
    )
    assert done.returncode == 0, done.stderr
    asked, noted = json.loads(done.stdout.splitlines()[-1])
    slots = {
        "shelf.ranking", "shelf.price_matching", "crowd.acquisition", "crowd.coupons", "rivals.reaction",
        "oversight.commissions", "supply.forecast",
    }  # fmt: skip
    assert set(asked) == slots | {"crowd.parade"}
    assert noted == {**{f"{slot}.mine": "parade-plugin==1.0" for slot in slots}, "crowd.parade": "parade-plugin==1.0"}


def test_the_version_of_a_package_whose_event_is_used_is_part_of_the_hash(plugged):
    plain = {
        "crowd.acquisition": None, "crowd.coupons": None, "shelf.ranking.policy": "random",
        "shelf.price_matching.policy": "none", "supply.forecast.policy": "croston", "rivals.platforms": {},
        "oversight.commissions": None,
    }  # fmt: skip
    first, noted = loaded(plugged, "1.0", plain)
    second, _ = loaded(plugged, "1.1", plain)
    assert noted == {"crowd.parade": "parade-plugin==1.0"} and first != second
    third, noted = loaded(plugged, "1.0", {**plain, "events": []})
    fourth, _ = loaded(plugged, "1.1", {**plain, "events": []})
    assert noted == {} and third == fourth, "what is installed and not used is no part of anything"


def test_an_event_of_a_package_in_a_plan_is_noted_too(plugged):
    module = plugged / "1.0" / "parade_plugin.py"
    module.write_text(module.read_text().replace('@event("crowd.parade")', '@event("crowd.parade", kind="action")'))
    plan = {"p": {"detect": {"metric": "platform.order.availability", "below": "99%"}, "playbook": [{"do": "crowd.parade"}]}}
    _, noted = loaded(plugged, "1.0", {"events": [], "plans": plan})
    assert noted["crowd.parade"] == "parade-plugin==1.0"


DRILL = """
drill: parade
scenario: shop.yaml
steady_state: [{{metric: platform.order.availability, at_least: 99.9%}}]
inject: [{inject}]
response: {{playbook: [{step}]}}
afterwards: [{last}]
"""
QUIET = {
    "inject": "{at: 06-02 10:00, do: crowd.rumour}", "step": "{do: crowd.broadcast}", "last": "{do: crowd.broadcast}",
}  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "noted"),
    [
        ({"inject": "{at: 06-02 10:00, do: crowd.parade, drums: 2}"}, {"crowd.parade": "parade-plugin=={}"}),
        ({"step": "{do: crowd.clean_up}"}, {"crowd.clean_up": "parade-plugin=={}"}),
        ({"last": "{do: crowd.clean_up}"}, {"crowd.clean_up": "parade-plugin=={}"}),
        ({}, {}),
    ],
)
def test_the_version_of_a_package_whose_event_a_drill_uses_is_part_of_its_hash(plugged, changes, noted):
    (plugged / "shop.yaml").write_text("name: shop\nstart: 2026-06-01\ndays: 3\n", encoding="utf-8")
    (plugged / "d.yaml").write_text(DRILL.format(**{**QUIET, **changes}), encoding="utf-8")
    hashes = []
    for version in ("1.0", "1.1"):
        module = plugged / version / "parade_plugin.py"
        more = '\n@event("crowd.clean_up", kind="action")\ndef clean_up(market):\n    """The street is swept."""\n'
        module.write_text(module.read_text() + more)
        done = python(
            plugged / version,
            f"""
            import json
            from sim.study.drill_files import load_drill
            from sim.study.drills import drill_id
            case = load_drill({str(plugged / "d.yaml")!r})
            print(json.dumps([drill_id(case, 1, 2), case.plugins]))
            """,
        )
        assert done.returncode == 0, done.stderr
        name, plugins = json.loads(done.stdout.splitlines()[-1])
        assert plugins == {event: package.format(version) for event, package in noted.items()}
        hashes.append(name)
    assert (hashes[0] != hashes[1]) == bool(noted), "what is installed and not used is no part of anything"


ARGUMENTS = {
    "{at: 06-02, do: crowd.march, bands: many}": "events.0.bands: found 'many', accepted: a whole number",
    "{at: 06-02, do: crowd.march, drums: 3}":
        "events.0.drums: found the unknown key 'drums' for crowd.march, accepted: at, do, bands, off",
    "{at: 06-02, do: crowd.march, for: 2h}":
        "events.0.for: found 'for', of which crowd.march makes no use, accepted: at, do, bands, off",
    "{at: 06-02, do: crowd.march, off: 3}": "events.0.off: found 3, accepted: a share in percent",
    "{at: 06-02, do: crowd.march, bands: 2, off: 10%}": "",
    "{at: 06-02, do: crowd.parade, drums: {any: thing}}": "",
}  # fmt: skip


def test_arguments_of_a_packages_event_are_checked_on_loading_by_what_it_declares(plugged):
    module = plugged / "1.0" / "parade_plugin.py"
    more = """
from sim.core.units import Share


@event("crowd.march")
def march(market, bands: int = 1, off: Share | None = None):
    \"\"\"Bands march.\"\"\"
"""
    module.write_text(module.read_text() + more)
    for number, event in enumerate(ARGUMENTS):
        (plugged / f"{number}.yaml").write_text(f"name: y\nstart: 2026-06-01\ndays: 3\nevents: [{event}]\n")
    done = python(
        plugged / "1.0",
        f"""
        import json
        from sim.core.errors import ScenarioError
        from sim.scenario import load
        said = []
        for number in range({len(ARGUMENTS)}):
            try:
                load({str(plugged)!r} + f"/{{number}}.yaml")
                said.append("")
            except ScenarioError as error:
                said.append(str(error))
        print(json.dumps(said))
        """,
    )
    assert done.returncode == 0, done.stderr
    for (event, told), said in zip(ARGUMENTS.items(), json.loads(done.stdout.splitlines()[-1]), strict=True):
        assert (told in said) if told else said == "", event


def test_a_name_near_a_packages_policy_is_answered_with_it(plugged):
    code = LOAD.format(path=str(plugged / "x.yaml"), overrides={"rivals.platforms.other.reaction.policy": "mines"})
    done = python(plugged / "1.0", code)
    assert "accepted: match, mine, none, undercut, war (did you mean 'mine'?)" in done.stderr


def slots_of(model, seen=()) -> set[str]:
    """Every slot that a field below `model` names."""
    found: set[str] = set()
    for field in model.model_fields.values():
        waiting = list(types.kinds(field.annotation, field.metadata, field))
        while waiting:
            kind = waiting.pop()
            found |= {item.name for item in kind.metadata if isinstance(item, Slot)}
            if kind.model is not None and kind.model not in seen:
                found |= slots_of(kind.model, (*seen, kind.model))
            elif kind.model is None:
                waiting += types.step(kind, 0) if not str(kind.annotation).startswith("dict") else types.step(kind, "x")
    return found


def test_every_slot_that_has_policies_can_be_named_in_a_file():
    there = {item.slot for item in catalogue.policies() if not item.package}
    assert there == slots_of(ScenarioModel) | {"threats.defences", "supply.contract"}
