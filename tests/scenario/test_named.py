"""Names of what there is, days there are, arguments that events take: told with file, line and path."""

import pytest

BASE = """\
shelf: {catalogue: {categories: {tea: {}}, skus: 20}}
rivals: {platforms: {dragon: {}}}
"""


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        ("suply: {}", "suply", "did you mean 'supply'"),
        ("events: [{at: 06-02, do: supply.fail, target: suplier-1}]", "events.0.target", "did you mean 'supplier-1'"),
        ("events: [{at: 06-02, do: supply.capacity_cut, magnitude: 0.5}]", "events.0.magnitude", "share in percent"),
        ("events: [{at: 06-02, do: supply.capacity_cut, magnitude: true}]", "events.0.magnitude", "share in percent"),
        ("events: [{at: 06-02, do: supply.slow, magnitude: -2}]", "events.0.magnitude", "a number or a percentage"),
        ("events: [{at: 06-02, do: supply.fail, for: -1s}]", "events.0.for", "a duration"),
        ("events: [{at: 06-02, do: crowd.surge, target: coffee}]", "events.0.target", "accepted: tea"),
        ("events: [{at: 06-02, do: crowd.surge, factor: 0}]", "events.0.factor", "at least 0.01"),
        ("events: [{at: 06-02, do: shelf.raise_prices, skus: 'category:coffee'}]", "events.0.skus", "category:tea"),
        ("events: [{at: 06-02, do: shelf.raise_prices, magnitude: 1e9}]", "events.0.magnitude", "share in percent"),
        ("events: [{at: 06-02, do: fulfilment.close_warehouse, target: front-1000}]", "events.0.target", "front-1"),
        ("events: [{at: 06-02, do: platform.cache_flush, target: cart}]", "events.0.target", "accepted: search"),
        ("events: [{at: 06-02, do: platform.crash}]", "events.0.target", "found nothing"),
        ("events: [{at: 06-02, do: platform.scale, target: order}]", "events.0", "exactly one of replicas, factor"),
        ("events: [{at: 06-02, do: threats.scalpers, gangs: 0}]", "events.0.gangs", "at least 1"),
        ("events: [{at: 06-02, do: supply.activate_backup}]", "events.0.do", "accepted with: backup, emergency_pool"),
        ("events: [{at: 06-02, do: oversight.take_down}]", "events.0.do", "oversight.licences in the file"),
        ("plans: {p: {playbook: [{do: platform.degrade, target: nosuch}]}}", "plans.p.playbook.0.target", "accepted"),
        ("events: [{at: 02-29, do: supply.fail}]", "events.0.at", "no leap year"),
        ("supply: {forecast: {lift_days: {02-29: 2}}}", "supply.forecast.lift_days.02-29", "no leap year"),
        ("supply: {forecast: {policy: perfect}}", "supply.forecast.policy", "crowd.demand"),
        ("supply: {suppliers: {own: {serves: [coffee]}}}", "supply.suppliers.own.serves.0", "accepted: tea"),
        ("supply: {suppliers: {own: {depends_on: [nobody]}}}", "supply.suppliers.own.depends_on.0", "accepted: own"),
        ("supply: {replenishment: {review: 0s}}", "supply.replenishment.review", "at least 60s"),
        ("fulfilment: {allocation: nearby}", "fulfilment.allocation", "accepted: front_first"),
        ("crowd: {segments: {a: {share: 50%}}}", "crowd.segments", "shares of 100% together"),
        ("crowd: {segments: {}}", "crowd.segments", "at least 1"),
        ("crowd: {choice: {carts: 100%}}", "crowd.choice.carts", "below 100%"),
        ("crowd: {shoppers: 1B}", "crowd.shoppers", "at most 100000000"),
        ("crowd: {price: {regular: -1}}", "crowd.price.regular", "at least 0"),
        ("threats: {attackers: [{kind: ddos, to: 05-01}]}", "threats.attackers.0.to", "an end after its beginning"),
    ],
)
def test_a_mistake_is_told_at_its_place(write, problems, head, text, place, words):
    write("scenarios/x.yaml", f"{head}{BASE}{text}\n")
    told = problems("scenarios/x.yaml")
    assert any(f"  {place}: " in message and words in message for message in told), told
    assert all(message.startswith("scenarios/x.yaml:") for message in told)


@pytest.mark.parametrize(
    ("skus", "words"), [("category:nosuch", "category:tea"), ("top 0%", "top N%"), ("random 5", "random N%")]
)
def test_a_promotion_of_goods_there_are_not(write, problems, head, skus, words):
    promotion = f"{{kind: discount, off: 5%, skus: '{skus}', from: 06-02, to: 06-03}}"
    text = f"{head}shelf: {{catalogue: {{categories: {{tea: {{}}}}, skus: 9}}, promotions: [{promotion}]}}\n"
    write("scenarios/x.yaml", text)
    (told,) = problems("scenarios/x.yaml")
    assert "shelf.promotions.0.skus" in told and words in told


@pytest.mark.parametrize(
    "promotion",
    [
        "{kind: flash, off: 40%}",
        "{kind: full_reduction, every: 0 CNY, off: 5 CNY, from: 06-02, to: 06-03}",
        "{kind: livestream, at: 06-02, room: nosuch}",
    ],
)
def test_a_promotion_that_cannot_be(write, problems, head, promotion):
    write("scenarios/x.yaml", f"{head}shelf: {{promotions: [{promotion}]}}\n")
    (told,) = problems("scenarios/x.yaml")
    assert told.startswith("scenarios/x.yaml:4:")
    assert "shelf.promotions.0" in told


def test_utf_32_is_called_by_its_name(write, problems):
    write("scenarios/x.yaml", "name: x\n".encode("utf-32"))
    assert problems("scenarios/x.yaml") == ["scenarios/x.yaml:1:1  found UTF-32 text, accepted: UTF-8"]


def test_thirteen_categories_are_too_many(write, problems, head):
    categories = ", ".join(f"c{number}: {{}}" for number in range(13))
    write("scenarios/x.yaml", f"{head}shelf: {{catalogue: {{categories: {{{categories}}}}}}}\n")
    (told,) = problems("scenarios/x.yaml")
    assert "shelf.catalogue.categories" in told and "at most 12" in told
