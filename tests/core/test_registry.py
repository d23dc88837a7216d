"""Policies and events are found by name; duplicates raise; an installed package adds its own."""

import importlib

import pytest
from packages import ROOT, install, python

from sim.core import registry
from sim.core.errors import RegistryError
from sim.core.registry import event, get_event, get_policy, policies, policy


@pytest.fixture(autouse=True)
def clean_registry(monkeypatch):
    """Registrations of a test do not reach another; those that loading and importing make once and for all stay."""
    registry.load_plugins()
    kept = registry._policies, registry._events
    monkeypatch.setattr(registry, "_policies", dict(registry._policies))
    monkeypatch.setattr(registry, "_events", dict(registry._events))
    yield
    for before, now in zip(kept, (registry._policies, registry._events), strict=True):
        before.update({name: entry for name, entry in now.items() if entry.built_in})


def test_a_policy_is_found_by_slot_and_name_with_its_first_line_as_description():
    @policy("test.slot", "plain")
    class Plain:
        """Does nothing in particular.

        At length.
        """

    assert get_policy("test.slot", "plain") is Plain
    assert [entry.description for entry in policies("test.slot")] == ["Does nothing in particular."]


def test_an_event_is_found_by_name_with_its_kind():
    @event("test.fail", kind="action")
    def fail(market, target=None, **args):
        """Something fails."""

    entry = get_event("test.fail")
    assert (entry.function, entry.kind, entry.description) == (fail, "action", "Something fails.")


def test_a_second_declaration_of_a_name_is_refused():
    @policy("test.slot", "one")
    class First:
        pass

    with pytest.raises(RegistryError, match="declared twice"):

        @policy("test.slot", "one")
        class Second:
            pass

    @event("test.once")
    def first(market):
        pass

    with pytest.raises(RegistryError, match="declared twice"):

        @event("test.once")
        def second(market):
            pass


def test_running_the_same_source_again_replaces_its_own_entry():
    def declare():
        @policy("test.slot", "again")
        class Again:
            pass

        return Again

    declare()
    newest = declare()
    assert get_policy("test.slot", "again") is newest


@pytest.mark.parametrize("name", ["", "Upper", "with space", "a..b", "a/b", "1st", "__import__('os')"])
def test_a_name_is_lower_case_words_joined_by_dots(name):
    with pytest.raises(RegistryError):
        policy("test.slot", name)
    with pytest.raises(RegistryError):
        event(name)


def test_an_event_is_an_inject_or_an_action():
    with pytest.raises(RegistryError, match="kind"):
        event("test.odd", kind="wish")


def test_an_unknown_name_is_answered_with_what_there_is():
    @policy("test.slot", "known")
    class Known:
        pass

    with pytest.raises(RegistryError, match="there is: known"):
        get_policy("test.slot", "unknown")
    with pytest.raises(RegistryError, match="no event"):
        get_event("test.unknown")


PLUGIN = '''
    from sim.core.registry import event, policy

    @policy("supply.sourcing", "lottery")
    class Lottery:
        """Draws the supplier of each order by lot."""

    @event("supply.strike")
    def strike(market, target=None, *, share="100%"):
        """Workers of a supplier strike."""
'''


def test_an_installed_package_adds_policies_and_events_without_touching_this_code(tmp_path):
    install(tmp_path, "festival_plugin", PLUGIN, "2.1")
    done = python(
        tmp_path,
        """
        from sim.core.registry import get_event, get_policy
        from sim.scenario import catalogue
        print(get_policy("supply.sourcing", "lottery").__name__, get_event("supply.strike").kind)
        print([item.package for item in catalogue.policies("supply.sourcing") if item.name == "lottery"])
        """,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == ["Lottery inject", "['festival-plugin==2.1']"]


def test_a_broken_plug_in_is_an_error_that_names_its_package(tmp_path):
    install(tmp_path, "festival_plugin", "import a_module_that_nobody_has", "2.1")
    done = python(
        tmp_path,
        """
        from sim.core import registry
        try:
            registry.policies()
        except registry.RegistryError as error:
            print(error)
        """,
    )
    assert "plug-in 'festival' of package festival-plugin cannot be loaded" in done.stdout


def test_a_plug_in_that_takes_a_name_of_the_shop_s_own_is_refused_before_anything_is_imported(tmp_path):
    """The catalogue reads built-in names from source, so that neither `list` nor `validate` may find the package's alone."""
    body = """
        from sim.core.registry import policy

        @policy("supply.sourcing", "single")
        class Single:
            '''One more.'''
        """
    install(tmp_path, "festival_plugin", body, "2.1")
    done = python(
        tmp_path,
        """
        from sim.core.registry import RegistryError
        from sim.scenario import catalogue
        for names in (catalogue.policies, catalogue.events):
            try:
                names()
            except RegistryError as error:
                print(error)
        """,
    )
    words = "policy 'single' of supply.sourcing is declared twice: in sim.supply.sourcing and festival-plugin==2.1"
    assert done.stdout.splitlines() == [words, words], done.stderr


def test_the_names_read_from_source_are_the_names_that_registering_gives():
    from sim.scenario import catalogue

    for file in sorted((ROOT / "sim").glob("*/**/*.py")):
        text = file.read_text(encoding="utf-8")
        if ("@policy(" in text or "@event(" in text) and file.parts[-2] not in ("core", "scenario", "cli"):
            importlib.import_module(".".join(file.relative_to(ROOT).with_suffix("").parts))
    built_in = [entry for entry in registry.policies() if entry.module.startswith("sim.")]
    read = {(item.slot, item.name, item.description) for item in catalogue.policies() if not item.package}
    assert {(entry.slot, entry.name, entry.description) for entry in built_in} == read
    events = {(entry.name, entry.kind) for entry in registry.events() if entry.module.startswith("sim.")}
    assert events == {(item.name, item.kind) for item in catalogue.events() if not item.package}
    taken = {entry.name: entry.arguments for entry in registry.events() if entry.module.startswith("sim.")}
    assert taken == {item.name: item.arguments for item in catalogue.events() if not item.package}
    for entry in registry.events():
        if entry.module.startswith("sim."):
            item = next(one for one in catalogue.events() if one.name == entry.name)
            for field in ("like", "needs", "forbids", "requires", "one_of"):
                assert getattr(entry, field) == getattr(item, field), f"{entry.name}.{field}"
