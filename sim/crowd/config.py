"""What the `crowd` section of a scenario file may say: who the shoppers are and how they decide."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, field_validator

from sim.core.config import Section, param
from sim.core.units import Count, Duration, Share
from sim.crowd.demand_config import Demand
from sim.crowd.programmes_config import Programmes

Weight = Annotated[float, Field(ge=0.0, le=1e6)]


class Segment(Section):
    """A kind of shopper; numbers multiply those of the crowd."""

    share: Share
    rate: float = param(1.0, "", "visits, times the crowd's", low=0.3, high=3.0)
    sensitivity: float = param(1.0, "", "price sensitivity, times the crowd's", low=0.5, high=2.0)
    deal_prone: Share = param("50%", "", "share that hunts for bargains", low="20%", high="80%")
    premium: Share = param("20%", "", "share that are members", low="5%", high="50%")
    tastes: dict[str, Annotated[float, Field(ge=0.0, le=1_000.0)]] = Field(default_factory=dict, description="need of a category, times the crowd's")


class Visits(Section):
    """When shoppers come."""

    per_day: float = param(
        0.26, "R03, R04, T12", "visits a shopper and day: purchase rate of BG/NBD over session conversion",
        low=0.1, high=0.6, gt=0,
    )  # fmt: skip
    shape: float = param(0.243, "R03", "gamma shape of visit rates over shoppers", low=0.24, high=1.5, gt=0)
    hour_of_day: list[Weight] = param(
        [3.41, 1.59, 0.86, 0.59, 0.50, 0.65, 1.37, 2.49, 3.39, 4.16, 4.83, 4.70,
         4.75, 5.19, 5.18, 5.36, 5.14, 4.69, 4.81, 6.06, 7.35, 8.41, 8.30, 6.25],
        "T17", "weights of the hours 0 to 23", min_length=24, max_length=24,
    )  # fmt: skip
    day_of_week: list[Weight] = param(
        [0.98, 0.98, 0.98, 0.98, 0.99, 1.04, 1.05], "", "weights Monday to Sunday", min_length=7, max_length=7
    )
    deal_pull: float = param(
        0.8, "", "log visits per utility that today's offers add to an ordinary day", low=0.3, high=1.5
    )
    satisfaction_pull: float = param(0.8, "", "log visits per point of satisfaction above neutral", low=0.2, high=2.0)
    pages: float = param(8.0, "T02", "pages seen in a visit", low=4.0, high=16.0, gt=0)
    desktop: Share = param("22%", "", "share of shoppers at a desktop", low="10%", high="50%")

    @field_validator("hour_of_day", "day_of_week")
    @classmethod
    def _somebody_comes(cls, weights: list[float]) -> list[float]:
        if not sum(weights) > 0.0:
            raise ValueError("found weights that are all 0, accepted: at least one above 0")
        return weights


class Price(Section):
    """How prices count in utility: −regular·log(p/list) and, against the reference price, −transaction·log(p/reference)."""

    regular: float = param(2.62, "P01", "mean weight of the regular price: own-price elasticity", low=1.0, high=4.0)
    transaction: float = param(
        1.01, "P03, P01", "mean further weight of a temporary change: 3.63 − 2.62", low=0.5, high=2.0
    )
    spread: float = param(0.4, "P01", "log standard deviation of sensitivity over shoppers", low=0.2, high=0.8)
    loss_aversion: float = param(2.25, "P26", "losses against the reference count so many times")
    carry_over: float = param(0.75, "P27", "weight of the old reference at a purchase occasion")


class Choice(Section):
    """What a visit leads to."""

    carts: Share = param("13%", "T11", "share of visits that fill a cart at list prices, without any promotion",
                         gt=0, lt=1)  # fmt: skip
    completes: Share = param(
        "29.81%", "T09", "share of carts bought at once, without any promotion: one less abandonment", gt=0, lt=1
    )
    hesitation: float = param(0.8, "", "standard deviation over shoppers of the checkout threshold", low=0.3, high=1.5)
    nest: float = param(
        0.5, "", "dissimilarity of the SKUs of a category: the log-sum's weight", low=0.2, high=0.9, gt=0, le=1
    )
    taste: float = param(0.6, "", "utility per unit of match between shopper and SKU", low=0.2, high=1.2)
    rating: float = param(0.5, "", "utility per point of rating", low=0.1, high=1.0)
    promise: float = param(0.015, "F18", "utility lost per promised day to the door", low=0.006, high=0.03)
    attention: float = param(0.5, "", "how strongly better offers draw attention to a category", low=0.2, high=1.0)
    rival: float = param(
        -1.2, "", "utility of the rival against nothing, for those who use one, at equal prices", low=-3.0, high=0.5
    )
    further_lines: Share = param(
        "40%", "", "chance of looking for one more thing after putting one in the cart", low="20%", high="60%"
    )
    second_unit: Share = param("15%", "", "chance of each further unit of a line", low="5%", high="40%", lt=1)
    revisit_cart: Share = param(
        "20%", "", "chance that a visitor goes back to a cart left earlier", low="10%", high="50%"
    )
    cart_life: Duration = param("7d", "", "a cart left alone so long is forgotten", low="3d", high="30d")


class Waiting(Section):
    """Buying now against waiting for an announced price."""

    effort: float = param(0.4, "", "utility of having it now rather than at the opening", low=0.1, high=1.0)
    per_day: float = param(0.06, "", "further utility lost per day of waiting", low=0.02, high=0.2)
    returns: Share = param("85%", "", "share of those waiting who come back at the opening", low="60%", high="95%")
    follow_through: Share = param(
        "75%", "", "chance that one who came back buys at the expected price", low="50%", high="90%", gt=0, lt=1
    )
    prompt: Share = param(
        "90%",
        "",
        "share of those who come for the opening who join its rush, the others in their own time",
        low="70%",
        high="100%",
    )
    rush: Duration = param(
        "53.84min",
        "T26",
        "scale of the rush: Weibull delay after the opening, fitted to the cumulative curve",
        low="43min",
        high="67min",
        gt=0,
    )
    rush_shape: float = param(0.8174, "T26", "shape of that Weibull delay, fitted", low=0.56, high=1.19, gt=0)
    later: Duration = param("10h", "T26", "mean delay of the others", gt=0)


class StockOut(Section):
    """What a shopper does who finds the article sold out [F24]."""

    substitute: Share = param("45%", "F24", "takes another brand or size")
    delay: Share = param("15%", "F24", "comes back later")
    other_store: Share = param("31%", "F24", "buys elsewhere")


class Payment(Section):
    """From a submitted order to a paid one."""

    completes: Share = param("88%", "T16", "share of submitted orders paid before the timer closes them")
    default: Share = param("8%", "", "presale deposits whose balance is never paid", low="3%", high="20%")
    retries: Share = param("70%", "L15", "chance that a shopper tries again after an order error")
    attempts: int = param(3, "L15", "tries at the most", low=1, high=5, ge=1)
    lost_for_good: Share = param("50%", "L16", "of those who give up after errors, share that never comes back for it")


class Latency(Section):
    """What waiting for pages costs."""

    conversion: float = param(0.12, "L13", "log conversion lost per second", low=0.02, high=0.25)
    ideal: Duration = param("1s", "L14", "delay that bothers nobody", low="0.5s", high="2.7s")


class Memory(Section):
    """What an experience leaves behind."""

    neutral: float = param(0.7, "", "satisfaction without any experience", low=0.5, high=0.8)
    learning: float = param(0.15, "", "weight of a new experience", low=0.05, high=0.4)
    negativity: float = param(2.0, "C08", "bad experiences count so many times", low=1.0, high=3.0)
    late: float = param(0.5, "F21", "disappointment of a late parcel, of 1", low=0.2, high=1.0)
    dropout_a: float = param(0.793, "R05", "beta of the dropout propensity", gt=0, le=1_000)
    dropout_b: float = param(2.426, "R06", "beta of the dropout propensity", gt=0, le=1_000)
    dropout_pull: float = param(2.0, "", "log dropout per point of satisfaction below neutral", low=0.5, high=4.0)
    review: Share = param("12%", "", "chance that a delivered order is reviewed", low="3%", high="40%")


class TopUp(Section):
    """Adding an article to reach a threshold."""

    tries: int = param(4, "", "articles looked at", low=1, high=10, ge=0, le=16)
    reach: Share = param("45%", "", "share of the threshold that may be missing to try", low="20%", high="80%")
    value: Share = param("45%", "", "mean value of the filler to the shopper, of its price", low="20%", high="70%")


class Returns(Section):
    """What sends goods back, beyond each SKU's own propensity."""

    mismatch: float = param(0.5, "", "log odds per unit of missing match", low=0.0, high=1.5)
    impulse: float = param(1.2, "P19, P18", "log odds for goods bought in a livestream", low=0.5, high=2.0)
    filler: float = param(1.0, "P15", "log odds for an article added to reach a threshold", low=0.0, high=2.0)
    defect: float = param(3.0, "", "log odds for a defective unit", low=2.0, high=5.0)


class Crowd(Programmes):
    """The shoppers."""

    shoppers: Count = Field(100_000, le=100_000_000, description="rows simulated")
    represents: Count | None = Field(None, description="people they stand for; left out: as many as rows")
    segments: dict[str, Segment] = param(
        {
            "families": {"share": "35%", "tastes": {"baby": 2.0, "household": 1.4}},
            "young professionals": {
                "share": "35%",
                "rate": 1.1,
                "sensitivity": 0.9,
                "tastes": {"phones": 1.5, "beauty": 1.2},
            },
            "bargain hunters": {"share": "30%", "rate": 0.9, "sensitivity": 1.25, "deal_prone": "80%"},
        },
        "",
        "kinds of shoppers by name; shares add up to 100%",
        min_length=1,
        max_length=64,
    )
    region_shares: list[Annotated[float, Field(gt=0)]] = param(
        [0.28, 0.20, 0.16, 0.14, 0.12, 0.10], "", "weight of each region's population", min_length=1, max_length=64
    )
    multihoming: Share = param("80%", "K05", "share that uses a second platform", low="70%", high="90%")
    visits: Visits = Field(default_factory=Visits)
    price: Price = Field(default_factory=Price)
    choice: Choice = Field(default_factory=Choice)
    waiting: Waiting = Field(default_factory=Waiting)
    stock_out: StockOut = Field(default_factory=StockOut)
    payment: Payment = Field(default_factory=Payment)
    latency: Latency = Field(default_factory=Latency)
    memory: Memory = Field(default_factory=Memory)
    top_up: TopUp = Field(default_factory=TopUp)
    returns: Returns = Field(default_factory=Returns)
    demand: Demand | None = Field(None, description="a trace or a distribution of demand instead of shoppers")

    @field_validator("segments")
    @classmethod
    def _shares_add_up(cls, segments: dict[str, Segment]) -> dict[str, Segment]:
        total = sum(segment.share for segment in segments.values())
        if abs(total - 1.0) > 1e-6:
            raise ValueError(f"found shares that add up to {total:.6%}, accepted: shares of 100% together")
        return segments
