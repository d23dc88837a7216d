"""What a place makes no use of is refused there and not passed over."""

import pytest

from sim.crowd.programmes_config import OF_POLICY, Channel
from sim.scenario import load
from sim.scenario.load import from_resolved

CHANNEL = "crowd: {{acquisition: {{channels: {{c: {{policy: {policy}, budget: 500 CNY, {key}: {value}}}}}}}}}\n"
CHANGED = {
    "cost": "2 CNY", "curve": "hill", "hill": 2.0, "ceiling": "50%", "top": "10%", "fee": "600 CNY", "tail": 1.25,
    "followers": "3%", "trust": 1.5, "lives": "3d", "group": 300, "keep": "31 CNY", "commission": "11%", "pick_up": "true",
    "direct": "5%",
}  # fmt: skip


@pytest.mark.parametrize("policy", OF_POLICY)
@pytest.mark.parametrize("key", CHANGED)
def test_a_channel_takes_the_keys_of_its_policy_only(write, problems, head, policy, key):
    write("scenarios/x.yaml", head + CHANNEL.format(policy=policy, key=key, value=CHANGED[key]))
    if key in OF_POLICY[policy]:
        if key != "direct":  # which goes with pick_up
            load("scenarios/x.yaml")
        return
    (told,) = problems("scenarios/x.yaml")
    assert told.startswith("scenarios/x.yaml:4:")
    assert f"found {key} with the policy {policy}, accepted: with " in told


def test_every_key_of_one_policy_is_tried():
    assert set(CHANGED) == set().union(*OF_POLICY.values()) <= set(Channel.model_fields)


@pytest.mark.parametrize("policy", OF_POLICY)
def test_a_resolved_channel_loads_again(write, head, policy):
    write("scenarios/x.yaml", head + CHANNEL.format(policy=policy, key="click", value="1%"))
    scenario = load("scenarios/x.yaml")
    assert from_resolved(scenario.resolved).digest() == scenario.digest()


def test_the_voucher_of_a_member_day_is_of_that_day(write, problems, head):
    write("scenarios/x.yaml", head + "crowd:\n  membership:\n    day:\n      voucher: {off: 5 CNY, valid: 21d}\n")
    (told,) = problems("scenarios/x.yaml")
    assert told.startswith("scenarios/x.yaml:7:")
    assert "found the unknown key 'valid', accepted: off, threshold" in told


@pytest.mark.parametrize(
    ("overrides", "place", "words"),
    [
        ({"crowd.segments.families.share": "95%"}, "--set crowd.segments.families.share", "shares that add up to 160"),
        ({"crowd.region_shares.0": 2.0, "fulfilment.network.regions": 3}, "--set crowd.region_shares.0", "found 6 shares"),
        ({"supply.generated.disruptions.up": "10d"}, "--set supply", "a mapping with mean, distribution, sigma, step"),
        ({"platform.rate_limit": "4000/s"}, "--set platform", "a mapping with rate, burst"),
        ({"crowd.shoppers": 0}, "--set crowd.shoppers", "platform.load"),
        ({"platform.autoscaler.every": "7s"}, "--set platform.autoscaler.every", "every: found 7s, accepted"),
    ],
)
def test_what_is_wrong_has_a_place_and_says_what_is_accepted(write, problems, head, overrides, place, words):
    write("scenarios/x.yaml", head)
    (told,) = problems("scenarios/x.yaml", overrides)
    assert told.startswith(place)
    assert words in told
