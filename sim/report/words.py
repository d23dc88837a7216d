"""Every word of the report in English and Chinese. Labels of measures come from their own table."""

from __future__ import annotations

import re
from collections.abc import Mapping

LANGUAGES = ("en", "zh")

#: word -> (English, Chinese)
_WORDS: dict[str, tuple[str, str]] = {
    # page
    "report": ("Simulation report", "仿真报告"),
    "headline": ("Headline", "核心指标"),
    "stands_out": ("What stands out", "要点"),
    "demand": ("Demand over time", "需求走势"),
    "capacity": ("How full the platform was", "平台负载与利用率"),
    "funnel": ("From visit to kept goods", "从访问到留存的漏斗"),
    "stock": ("Stock and stock-outs", "库存与缺货"),
    "promise": ("The delivery promise", "履约承诺"),
    "care": ("Contacts with care", "客服联系"),
    "money": ("From list value to operating profit", "从标价金额到经营利润"),
    "timeline": ("Timeline of events", "事件时间线"),
    "measures": ("All measures", "全部指标"),
    "trust": ("How far to trust this run, and how to repeat it", "可信程度与复现方法"),
    "contents": ("Contents", "目录"),
    "formulas": ("Show how each is calculated", "显示计算公式"),
    "measure": ("Measure", "指标"),
    "value": ("Value", "数值"),
    "better_higher": ("higher is better", "越高越好"),
    "better_lower": ("lower is better", "越低越好"),
    "one_run": (
        "One run is one possible course of events. To compare policies, or to see how far chance alone moves these "
        "figures, run a study over several seeds (sim618 study).",
        "一次运行只是一种可能的过程。比较策略或了解随机波动的幅度，请用多个种子做研究（sim618 study）。",
    ),
    "warmup": ("warm-up", "仿真暖机期（不计入）"),
    "note_warmup": (
        "Grey: the warm-up, which counts in no figure of this report.",
        "灰色为仿真暖机期，不计入本报告的任何数字。",
    ),
    "note_openings": ("Dotted lines: openings.", "虚线：活动开始。"),
    "note_events": ("Numbers: events of the timeline below.", "数字：对应下方时间线中的事件。"),
    "panel_up_to": ("{what}: up to {value}.", "{what}：最高 {value}。"),
    "few_rows": (
        "Only {each} simulated shoppers for each article: figures of stock (turnover, stock-outs, fill rate) are "
        "biased, not only noisy. With {enough} or more they settle: simulate more shoppers (--shoppers), or make the "
        "catalogue smaller in step (shelf.catalogue.skus).",
        "每个商品仅对应 {each} 名模拟顾客：库存类指标（周转、缺货、满足率）存在系统性偏差，而不只是随机波动。"
        "达到 {enough} 名以上才趋于稳定：请增加模拟顾客（--shoppers），或同比例缩小商品目录（shelf.catalogue.skus）。",
    ),
    "by_day": ("by day", "按日"),
    "nothing": ("Nothing to show in this run.", "本次运行没有可显示的内容。"),
    # what was replayed
    "replayed": (
        "{shoppers} simulated shoppers standing for {people} people, in a shop of {skus}, from {first} to "
        "{last} ({days} days after {warmup} days of warm-up), with {promotions} and {events}; seed {seed}.",
        "{shoppers} 名模拟顾客代表 {people} 名消费者，店铺共{skus}，时间为 {first} 至 {last}"
        "（暖机 {warmup} 天后计 {days} 天），包含 {promotions}和 {events}；随机种子 {seed}。",
    ),
    "replayed_alone": (
        "A given demand for {skus}, without shoppers, from {first} to {last} ({days} days after {warmup} days "
        "of warm-up), with {events}; seed {seed}.",
        "给定需求、{skus}、不含顾客模型，时间为 {first} 至 {last}（暖机 {warmup} 天后计 {days} 天），"
        "包含 {events}；随机种子 {seed}。",
    ),
    "replayed_stations": (
        "Stations alone, under given arrivals, without shop or shoppers; seed {seed}.",
        "仅模拟服务台在给定到达下的排队，不含店铺与顾客；随机种子 {seed}。",
    ),
    "replayed_load": (
        "The platform alone under a given load, without shop or shoppers, from {first} to {last}, with {events}; seed "
        "{seed}.",
        "仅模拟平台在给定负载下的运行，不含店铺与顾客，时间为 {first} 至 {last}，包含 {events}；随机种子 {seed}。",
    ),
    "articles_1": ("{n} article", " {n} 个商品"),
    "articles_n": ("{n} articles", " {n} 个商品"),
    "promotions_0": ("no promotion", "0 场促销"),
    "promotions_1": ("1 promotion", "1 场促销"),
    "promotions_n": ("{n} promotions", "{n} 场促销"),
    "events_0": ("no scheduled event", "0 个预设事件"),
    "events_1": ("1 scheduled event", "1 个预设事件"),
    "events_n": ("{n} scheduled events", "{n} 个预设事件"),
    # the answer
    "answer_gmv": ("{orders} orders worth {gmv}", "下单 {orders}，成交总额 {gmv}"),
    "answer_profit": ("an operating profit of {profit}", "经营利润 {profit}"),
    "answer_loss": ("an operating loss of {profit}", "经营亏损 {profit}"),
    "answer_fill": (
        "{fill} of the units asked for were served from stock",
        "{fill} 的需求件数由现货满足",
    ),
    # tiles
    "tile_gmv": ("Value of all orders placed, before cancellations and returns", "全部下单金额，未扣除取消和退货"),
    "tile_paid_gmv": ("What shoppers actually paid", "顾客实际支付的金额"),
    "tile_orders": ("Orders placed, paid or not", "全部下单数，含未支付"),
    "tile_cvr": ("Of 100 visits, so many end in an order", "每百次访问产生的订单"),
    "tile_aov": ("GMV divided by the orders placed", "成交总额除以下单数"),
    "tile_gross_margin": ("What is left of net revenue after the cost of goods", "净收入扣除商品成本后的占比"),
    "tile_profit": ("Net revenue less all costs in the ledger", "净收入减去账簿中的全部成本"),
    "tile_fill_rate": ("Units served from stock, of all units asked for", "现货满足件数占需求件数"),
    "tile_cycle_service": ("Order cycles without a unit short", "未发生缺货的补货周期占比"),
    "tile_in_stock_rate": ("Articles and days with stock, of all", "有货的商品天数占比"),
    "tile_bullwhip_ratio": ("How much more orders to suppliers vary than demand", "向供应商的订货波动相对需求波动的倍数"),
    "tile_station": ("With the half-width of its 99% interval", "附 99% 置信区间半宽"),
    "station_sojourn_mean": ("mean time from arrival to departure", "平均逗留时间"),
    "station_wait_mean": ("mean wait", "平均等待时间"),
    "station_delayed_share": ("had to wait", "需等待占比"),
    "station_within_share": ("served within the target", "目标时间内开始占比"),
    "station_lost_share": ("turned away", "被拒占比"),
    "station_abandoned_share": ("gave up", "放弃占比"),
    "station_busy": ("servers at work", "平均忙碌服务台数"),
    "station_utilisation": ("utilisation", "利用率"),
    # arms of a test
    "arm": ("Arm {arm}", "{arm} 组"),
    "arm_visits": ("visits", "访问次数"),
    "arm_visitors": ("visitors", "访客数"),
    "arm_orders": ("orders paid", "支付订单数"),
    "arm_buyers": ("buyers", "买家数"),
    "arm_revenue": ("paid", "支付金额"),
    "arm_cvr": ("session conversion", "转化率"),
    "arm_buyer_share": ("buyers among visitors", "访客购买率"),
    "arm_revenue_per_visitor": ("paid per visitor", "访客人均支付"),
    "arm_revenue_sd": ("standard deviation of what a visitor pays", "访客支付标准差"),
    "arm_refunds_per_shopper": ("refunded per shopper", "人均退款"),
    "arm_p_buyers": ("p-value against the first arm, buyers", "与首组相比的 p 值（购买率）"),
    "arm_p_revenue": ("p-value against the first arm, paid per visitor", "与首组相比的 p 值（人均支付）"),
    # tiles of a stock
    "tile_turnover_days": ("Days that the average stock would last", "平均库存可支撑的天数"),
    "tile_stock_outs": ("Articles and days without stock", "缺货的商品天数"),
    "tile_lost_sales": ("Units asked for and refused", "未能满足的需求件数"),
    "tile_on_time_rate": ("Parcels delivered by the promised time", "在承诺时间内送达的包裹"),
    "tile_return_rate": ("Share of what was bought that comes back", "购买后退回的占比"),
    "tile_worst_hour_availability": ("The same in the hour in which it was least", "可用率最低的一小时"),
    "tile_latency_p99": ("All but one in a hundred user actions were faster", "99% 的用户操作快于此值"),
    "tile_goodput": ("Requests answered, mean of the run", "平均每秒正常响应的请求"),
    "tile_peak_utilisation": ("The busiest minute of any own service", "自有服务最忙一分钟的利用率"),
    "tile_shed_rate": ("Turned away on purpose, of all asked", "被主动拒绝的请求占比"),
    "tile_availability": ("Requests answered well, of all valid ones", "正常响应的有效请求占比"),
    # standing out
    "peak": (
        "The busiest hour began {when}: {visits} visits, {factor} times an average hour, and {orders} orders.",
        "最繁忙的一小时始于 {when}：访问 {visits} 次，为平均小时的 {factor} 倍，下单 {orders} 单。",
    ),
    "load": (
        "At the peak the platform took {load} user actions a second; the busiest service, {service}, used up to {used} "
        "of its capacity ({when}).",
        "峰值时平台每秒处理 {load} 次用户操作；最繁忙的服务“{service}”的利用率最高达 {used}（{when}）。",
    ),
    "failures": (
        "{share} of user actions failed or were turned away; the worst hour began {when} ({worst}).",
        "{share} 的用户操作失败或被拒绝；最差的一小时始于 {when}（{worst}）。",
    ),
    "failures_action": (
        " Hit hardest was “{action}”: {worst} of it came to nothing in the hour from {when}.",
        "受影响最大的操作是“{action}”：自 {when} 起的一小时内 {worst} 未成功。",
    ),
    "action_browse": ("browse", "浏览"),
    "action_search": ("search", "搜索"),
    "action_cart": ("fill a cart", "加购"),
    "action_order": ("order", "下单"),
    "action_pay": ("pay", "支付"),
    "action_care": ("ask care", "咨询客服"),
    "attacked": ("Attackers: {what}.", "攻击情况：{what}。"),
    "event_at": ("Event {no}, {when}: {what}.", "事件 {no}，{when}：{what}。"),
    "event_for": (
        "Event {no}, {when}: {what} for {time}. In the hours it touched: {told}.",
        "事件 {no}，{when}：{what}，持续 {time}。所涉各小时内：{told}。",
    ),
    "event_failed": (
        "{failed} attempts to order or pay came to nothing ({share})",
        "{failed} 次下单或支付未成功（{share}）",
    ),
    "event_given_up": ("{n} orders given up after a failure", "{n} 单因故障放弃"),
    "event_refused": ("{n} units not in stock at the checkout", "结算时缺货 {n} 件"),
    "event_nothing": ("no order failed and no unit was lacking", "无下单失败，也无缺货"),
    "more_events": ("{n} further events: see the timeline.", "另有 {n} 个事件，见时间线。"),
    "lost": (
        "{units} units were not in stock at the checkout, worth {value}; the worst day was {when} with {worst} units.",
        "结算时有 {units} 件缺货，价值 {value}；最严重的一天为 {when}，共 {worst} 件。",
    ),
    "late": (
        "{late} of {parcels} parcels came later than promised ({share}); the worst day was {when} ({worst}).",
        "{parcels} 个包裹中有 {late} 个晚于承诺送达（{share}）；最差的一天为 {when}（{worst}）。",
    ),
    # figures
    "visits_hour": ("Visits per hour", "每小时访问次数"),
    "visits_day": ("Visits per day", "每日访问次数"),
    "orders_hour": ("Orders per hour", "每小时下单数"),
    "orders_day": ("Orders per day", "每日下单数"),
    "promotion_calendar": ("Promotions", "促销活动"),
    "requests_second_short": ("User actions per second", "每秒用户操作数"),
    "requests_second": ("User actions per second, busiest minute of the hour", "每秒用户操作数（每小时最忙的一分钟）"),
    "busiest": ("Utilisation of the busiest service", "最繁忙服务的利用率"),
    "busiest_short": ("Used", "利用率"),
    "own_services": ("own (at the peak: {service})", "自有（峰值：{service}）"),
    "dependencies": ("dependencies (at the peak: {service})", "外部依赖（峰值：{service}）"),
    "dependency": ("{service} (dependency)", "{service}（外部依赖）"),
    "all_actions": ("all", "全部"),
    "buying_actions": ("order and pay", "下单与支付"),
    "failed_share_short": ("Failed, turned away", "失败或被拒绝"),
    "failed_share": ("User actions failed or turned away", "失败或被拒绝的用户操作占比"),
    "capacity_note": (
        "Utilisation: the busiest minute of the busiest service of each hour; at 100% (red) requests queue, fail or are "
        "turned away. Calls turned away before they reach a service are in none of its numbers below.",
        "利用率：每小时最繁忙服务最忙一分钟的值；达到 100%（红线）时请求排队、失败或被拒绝。"
        "到达服务之前即被拒绝的调用不计入下表。",
    ),
    "stock_value": ("Stock at cost, when the day closed (CNY)", "日终库存成本（元）"),
    "out_share": ("Articles that ran out during the day", "当日出现缺货的商品占比"),
    "lost_units": ("Units not in stock at the checkout, per day", "每日结算时缺货的件数"),
    "contacts_hour": ("Contacts per hour", "每小时联系次数"),
    "contacts_day": ("Contacts per day", "每日联系次数"),
    "care_staff": ("people", "人工"),
    "care_bot": ("bot", "机器人"),
    "care_gave_up": ("given up", "放弃"),
    "care_wait": ("Minutes waited for a person, mean of the hour", "等待人工的分钟数（小时均值）"),
    "care_wait_highest": ("Minutes waited for a person, worst hour of the day", "等待人工的分钟数（当日最差小时）"),
    "complaints_open": ("Complaints waiting to be decided", "等待处理的投诉"),
    "parcels_day": ("Parcels delivered per day", "每日送达包裹数"),
    "on_time": ("on time", "准时"),
    "late_word": ("late", "迟到"),
    "late_share": ("Share of parcels later than promised", "晚于承诺送达的包裹占比"),
    "door": ("Hours from payment to door", "从支付到送达的小时数"),
    "median": ("median", "中位数"),
    "p95": ("95%", "95%"),
    "funnel_orders": ("Shoppers: from visit to door", "顾客：从访问到送达"),
    "funnel_units": ("Goods: from demand to kept", "商品：从需求到留存"),
    "funnel_note": (
        "Counted by when each step happened, so orders still on the way at the end are not yet delivered, and the "
        "first deliveries are of orders from the warm-up. Percentages: of the step above; none where a step counts more "
        "than it.",
        "按各步骤发生的时间统计：期末在途订单尚未计入送达，期初送达含暖机期的订单。百分比为相对上一步的比例，"
        "超过上一步时不显示。",
    ),
    "funnel_several": (
        "A checkout may make several orders: presold articles, and each bought in a group, are orders of their own.",
        "一次结算可能产生多个订单：预售商品与每件拼团商品各自成单。",
    ),
    "funnel_bots": (
        "Orders of attackers are left out, except among those delivered.",
        "不含攻击者的订单（送达除外）。",
    ),
    "each": ("{n} each", "平均 {n} 单"),
    "step_visits": ("visits", "访问"),
    "step_carts": ("filled a cart", "加购"),
    "step_checkouts": ("went to checkout", "进入结算"),
    "step_carts_ordered": ("checkouts with an order", "成功下单的结算"),
    "step_orders": ("orders placed", "下单"),
    "step_paid": ("paid, or its deposit", "已付款或付定金"),
    "step_delivered": ("orders delivered", "订单送达"),
    "step_demanded": ("units asked for", "需求件数"),
    "step_served": ("served from stock", "现货满足"),
    "step_picked": ("sent", "发出"),
    "step_kept": ("kept by shoppers", "顾客留存"),
    # money
    "money_note": (
        "In CNY, from the ledger: goods become a sale when they leave the warehouse, at list price; discounts, returns "
        "and costs are booked when they arise.",
        "单位：元。数据来自账簿：商品出库时按标价确认销售；折扣、退货和各项成本在发生时入账。",
    ),
    "sales": ("Sales at list price", "标价销售额"),
    "other_income": ("Forfeited deposits, fees", "没收定金及会费"),
    "discounts": ("Discounts", "折扣"),
    "returns": ("Refunds after sending", "发货后退款"),
    "net_revenue": ("Net revenue", "净收入"),
    "cost_of_goods": ("Cost of goods", "商品成本"),
    "gross_profit": ("Gross profit", "毛利"),
    "inbound": ("Inbound freight", "入库运费"),
    "holding": ("Holding stock", "库存持有"),
    "fulfilment": ("Picking and packing", "拣货与包装"),
    "shipping": ("Shipping", "配送"),
    "return_handling": ("Return handling", "退货处理"),
    "write_offs": ("Write-offs", "报损"),
    "marketing": ("Marketing", "营销"),
    "commissions": ("Commissions", "佣金"),
    "it": ("Machine room", "机房与云"),
    "staff": ("Staff", "人工"),
    "fraud": ("Fraud", "欺诈损失"),
    "chargebacks": ("Chargebacks", "拒付"),
    "compensation": ("Compensation", "赔付"),
    "fines": ("Fines", "罚款"),
    "sourcing": ("Emergency sourcing", "应急采购"),
    "profit": ("Operating profit", "经营利润"),
    "discount_kinds": ("Discounts granted with the orders of the period", "期内订单给予的折扣"),
    "discount_item": ("Price cuts", "直降"),
    "discount_member": ("Member price", "会员价"),
    "discount_full_reduction": ("Full reduction", "满减"),
    "discount_coupon": ("Coupons", "优惠券"),
    "kind": ("Kind", "类型"),
    "amount": ("Amount", "金额"),
    "of_list": ("of list value", "占标价金额"),
    # promotions
    "promotion_discount": ("Price cut", "直降"),
    "promotion_flash": ("Flash sale", "秒杀"),
    "promotion_member_price": ("Member price", "会员价"),
    "promotion_full_reduction": ("Full reduction", "满减"),
    "promotion_presale": ("Presale", "预售"),
    "promotion_coupon": ("Coupons", "优惠券"),
    "promotion_livestream": ("Livestream", "直播"),
    "promotion_group_buy": ("Group-buy", "拼团"),
    "promotion_cash_back": ("Cash for reviews", "晒单返现"),
    "every_off": ("{off} off every {every}", "每满 {every} 减 {off}"),
    "from_off": ("{off} off {threshold}", "满 {threshold} 减 {off}"),
    "opens": ("opens", "开始"),
    "until": ("until {when}", "至 {when}"),
    # timeline
    "when": ("When", "时间"),
    "what": ("What", "内容"),
    "side": ("Side", "方面"),
    "size": ("Size", "规模"),
    "no": ("No.", "编号"),
    "scheduled": ("Promotions and scheduled events", "促销与预设事件"),
    "journal": ("What else happened, by kind", "其他事件（按类型汇总）"),
    "times": ("Times", "次数"),
    "first": ("First", "首次"),
    "last": ("Last", "末次"),
    "lasts": ("Lasts", "持续时间"),
    "more_openings": ("and {n} more openings", "另有 {n} 场"),
    "for_duration": ("for {time}", "持续 {time}"),
    "all_events": ("Every event is in events.parquet.", "全部事件见 events.parquet。"),
    "side_crowd": ("crowd", "顾客"),
    "side_shelf": ("shelf", "货架"),
    "side_supply": ("supply", "供应"),
    "side_fulfilment": ("fulfilment", "履约"),
    "side_care": ("care", "客服"),
    "side_platform": ("platform", "平台"),
    "side_threats": ("threats", "威胁"),
    "side_rivals": ("rivals", "竞品"),
    "side_oversight": ("oversight", "监管"),
    "side_books": ("books", "账簿"),
    "side_engine": ("engine", "引擎"),
    # services
    "services": ("Services at their busiest", "各服务的最高负载"),
    "service": ("Service", "服务"),
    "requests": ("Requests", "请求数"),
    "failed": ("Failed calls", "失败调用"),
    "utilisation": ("Peak use", "峰值利用率"),
    "replicas": ("Replicas", "副本数"),
    # groups of measures
    "group_trade": ("Trade", "交易"),
    "group_customers": ("Customers", "客户"),
    "group_marketing": ("Marketing", "营销"),
    "group_stock": ("Stock", "库存"),
    "group_fulfilment": ("Fulfilment", "履约"),
    "group_care": ("Care", "客服"),
    "group_platform": ("Platform", "平台"),
    "group_threats": ("Threats", "威胁"),
    "group_rivals": ("Rivals", "竞品"),
    "group_oversight": ("Oversight", "监管"),
    "group_result": ("Result", "经营结果"),
    "named_fulfilment": ("Stations", "服务台"),
    "named_ab": ("Arms of the test", "A/B 测试各组"),
    "group_other": ("Other", "其他"),
    # trust
    "laws": ("Conservation laws", "守恒定律"),
    "laws_hold": (
        "All {n} conservation laws hold at the end of the run: {names}.",
        "运行结束时 {n} 条守恒定律全部成立：{names}。",
    ),
    "laws_broken": ("Not every conservation law holds: {names}.", "以下守恒定律不成立：{names}。"),
    "laws_unknown": ("The state of the conservation laws is not recorded.", "未记录守恒定律的状态。"),
    "holds": ("holds", "成立"),
    "assumptions": ("Assumptions", "假设"),
    "assumptions_note": (
        "{n} values of this scenario rest on no published source. Vary them in a sensitivity study before relying on "
        "a close result; sim618 assumptions FILE lists them with their ranges.",
        "本场景有 {n} 个数值没有公开来源支持。若结论接近临界，请先做敏感性分析；"
        "sim618 assumptions FILE 可列出它们及取值范围。",
    ),
    "assumptions_unread": (
        "sim618 assumptions FILE lists the values of this scenario that rest on no published source.",
        "sim618 assumptions FILE 可列出本场景中没有公开来源支持的数值。",
    ),
    "setting": ("Setting", "参数"),
    "range": ("Range", "范围"),
    "meaning": ("Meaning", "含义"),
    "reproduce": ("Run it again", "复现"),
    "reproduce_note": (
        "The same scenario, seed and version give the same figures, bit for bit. In the folder of this report:",
        "相同的场景、种子和版本会得到逐位相同的结果。在本报告所在文件夹中执行：",
    ),
    "reproduce_tables": (
        "It reads {tables}, named from the folder of the scenario's own file: write scenario.yaml there instead.",
        "本场景读取 {tables}，路径以原场景文件所在文件夹为准：请把 scenario.yaml 写到该文件夹中。",
    ),
    "provenance": ("Origin", "来源"),
    "name": ("Scenario", "场景"),
    "seed": ("Seed", "随机种子"),
    "replication": ("Replication", "重复编号"),
    "hash": ("Hash", "哈希"),
    "version": ("Version", "版本"),
    "versions": ("Software", "软件版本"),
    "weight": ("People for each simulated shopper", "每名模拟顾客代表的人数"),
    "simulated_visits": ("Simulated visits", "模拟访问次数"),
    "wall": ("Time to simulate", "仿真用时"),
    "memory": ("Memory at most", "内存峰值"),
    "scenario_file": ("The whole scenario, every default included", "完整场景（含所有默认值）"),
}

#: blanks that Chinese has no use for: between its characters (after 万 or 亿, around a name filled in) and beside its wide punctuation
_SPACED = re.compile(r"(?<=[\u4e00-\u9fff]) (?=[\u4e00-\u9fff])|(?<=[，。；：、（）]) | (?=[，。；：、（）])")


class Words:
    """The dictionary in one language: ``words["seed"]``, ``words("peak", when=...)``."""

    def __init__(self, lang: str) -> None:
        if lang not in LANGUAGES:
            raise ValueError(f"language: found {lang!r}, accepted: {', '.join(LANGUAGES)}")
        self.lang = lang
        self._column = LANGUAGES.index(lang)

    def __getitem__(self, name: str) -> str:
        return _WORDS[name][self._column]

    def __contains__(self, name: object) -> bool:
        return name in _WORDS

    def __call__(self, name: str, **values: object) -> str:
        """The sentence ``name`` with its values filled in."""
        text = self[name].format(**values)
        return _SPACED.sub("", text) if self.lang == "zh" else text

    def get(self, name: str, otherwise: str) -> str:
        """The word, or ``otherwise`` where the dictionary has none."""
        return self[name] if name in _WORDS else otherwise

    def counted(self, name: str, n: int) -> str:
        """``promotions`` of 0, 1 or more."""
        return self(f"{name}_{n if n < 2 else 'n'}", n=n)


def words() -> Mapping[str, tuple[str, str]]:
    """The whole dictionary: word -> (English, Chinese)."""
    return _WORDS
