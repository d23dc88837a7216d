"""A package adds defences and contracts, each with a section of its own, as it adds policies to any other slot."""

import json

import pytest
from packages import install, python
from test_plugins import LOAD

MODULE = '''
    from sim.core.config import Section, default
    from sim.core.registry import policy
    from sim.core.units import Count, Share, When
    from sim.threats.config import Defence, Surface
    from sim.threats.policies import Standing

    called = []

    class HoneypotSection(Defence):
        """Doors that only scripts find."""

        finds: Share = default("60%", description="share of scripts that take the door")
        on: list[Surface] = default(["request", "login", "order"], description="where they stand")

    @policy("threats.defences", "honeypot")
    class Honeypot(Standing):
        """Doors that only scripts find."""

        section = HoneypotSection

        def power(self, exposure, now):
            called.append("honeypot")
            return self.config.finds

    class LotSection(Section):
        """One lot bought at once."""

        at: When
        units: Count = 100

    @policy("supply.contract", "lot")
    class Lot:
        """One lot bought at once."""

        section = LotSection

        def __init__(self, section):
            self.section = section

        def begin(self, planner):
            called.append(f"lot of {self.section.units}")
'''
SCENARIO = """
name: plugged
start: 2026-06-01
days: 2
warmup: 1d
crowd: {shoppers: 300}
shelf: {catalogue: {skus: 40}}
supply:
  contracts:
    - {kind: lot, at: 06-01, units: 2k}
threats:
  attackers: [{kind: credential_stuffing}]
  defences:
    honeypot: {finds: 70%}
"""


@pytest.fixture
def plugged(tmp_path):
    """Two versions of the package, each as an installer leaves it, and a scenario that uses both policies."""
    for version in ("1.0", "1.1"):
        install(tmp_path / version, "lot_plugin", MODULE, version)
    (tmp_path / "x.yaml").write_text(SCENARIO, encoding="utf-8")
    return tmp_path


def test_what_a_package_adds_is_checked_noted_hashed_and_resolved(plugged):
    code = LOAD + "print(json.dumps([scenario.resolved['supply']['contracts'], scenario.resolved['threats']['defences']['honeypot']]))\n" + (
        "from sim.scenario import from_resolved\nprint(from_resolved(scenario.resolved, 'x.yaml').digest() == scenario.digest())\n"
    )  # fmt: skip
    hashes = []
    for version in ("1.0", "1.1"):
        done = python(plugged / version, code.format(path=str(plugged / "x.yaml"), overrides={}))
        assert done.returncode == 0, done.stderr
        first, second, again = done.stdout.splitlines()[-3:]
        name, noted = json.loads(first)
        hashes.append(name)
        package = f"lot-plugin=={version}"
        assert noted == {"supply.contract.lot": package, "threats.defences.honeypot": package}
        contracts, honeypot = json.loads(second)
        assert contracts == [{"kind": "lot", "at": "06-01", "units": 2000}]
        assert (honeypot["finds"], honeypot["enabled"], honeypot["cost"]) == ("70%", True, "30000 CNY")
        assert again == "True", "a resolved scenario loads to an equal one"
    assert hashes[0] != hashes[1]


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("units: 2k", "units: many", "x.yaml:10:37  supply.contracts.0.units: found 'many', accepted: a whole number"),
        ("units: 2k", "unit: 2", "x.yaml:10:30  supply.contracts.0.unit: found the unknown key 'unit', accepted: "),
        ("kind: lot", "kind: lots", "supply.contracts.0.kind: found 'lots', accepted: buy_out, c2m, lot (did you mean 'lot'?)"),
        ("finds: 70%", "finds: 7", "x.yaml:14:23  threats.defences.honeypot.finds: found 7, accepted: a share in percent"),
        ("finds: 70%", "find: 7%", "x.yaml:14:16  threats.defences.honeypot.find: found the unknown key 'find', accepted: "),
        ("honeypot:", "honypot:", "threats.defences.honypot: found the unknown key 'honypot', accepted: waf, "),
        ("honeypot:", "honypot:", "(did you mean 'honeypot'?)"),
        ("days: 2", "days: 2\nevents: [{at: 06-02, do: threats.drop, target: honypot}]", "(did you mean 'honeypot'?)"),
    ],
)  # fmt: skip
def test_a_mistake_in_what_a_package_adds_is_told_with_its_place(plugged, old, new, told):
    text = (plugged / "x.yaml").read_text(encoding="utf-8")
    assert old in text
    (plugged / "x.yaml").write_text(text.replace(old, new), encoding="utf-8")
    done = python(plugged / "1.0", LOAD.format(path=str(plugged / "x.yaml"), overrides={}))
    assert told in done.stderr, done.stderr


def test_without_the_package_its_defence_and_its_contract_are_refused(plugged):
    (plugged / "none").mkdir()
    done = python(plugged / "none", LOAD.format(path=str(plugged / "x.yaml"), overrides={}))
    assert "supply.contracts.0.kind: found 'lot', accepted: buy_out, c2m" in done.stderr
    assert "threats.defences.honeypot: found the unknown key 'honeypot'" in done.stderr


def test_a_defence_switched_on_by_an_event_alone_is_noted_too(plugged):
    event = [{"at": "06-02", "do": "threats.defend", "target": "honeypot"}]
    changes = {"threats.defences": {"captcha": {}}, "supply.contracts": [], "events": event}
    done = python(plugged / "1.0", LOAD.format(path=str(plugged / "x.yaml"), overrides=changes))
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.splitlines()[-1])[1] == {"threats.defences.honeypot": "lot-plugin==1.0"}


def test_what_a_package_adds_is_really_asked_and_its_catches_are_counted(plugged):
    done = python(
        plugged / "1.0",
        f"""
        import json
        import lot_plugin
        from sim.engine.marketplace import Marketplace
        from sim.scenario import load
        market = Marketplace(load({str(plugged / "x.yaml")!r}), seed=1)
        market.run()
        market.finish()
        guard = market.notices["threats"].guard
        print(json.dumps([sorted(set(lot_plugin.called)), guard.caught["honeypot"], guard.seen["honeypot"]]))
        """,
    )
    assert done.returncode == 0, done.stderr
    asked, caught, seen = json.loads(done.stdout.splitlines()[-1])
    assert asked == ["honeypot", "lot of 2000"]
    assert 0 < caught < seen
