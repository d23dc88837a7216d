"""What the things that files name are called on pages, in English and Chinese: events, services, stations, readings.

A name that nobody has put here (a plug-in's event, a service, a supplier or a category of the user's own) is shown as it
was written, with blanks for its underscores.
"""

from __future__ import annotations

import re

#: event of the registry -> (English, Chinese)
EVENTS: dict[str, tuple[str, str]] = {
    "care.add_staff": ("More care staff", "客服增援"),
    "care.bot_down": ("Care bot down", "客服机器人停机"),
    "care.compensate": ("Compensation paid", "主动赔付"),
    "care.refund_at_once": ("Refunds at once", "极速退款"),
    "care.staff_sick": ("Care staff off sick", "客服人员病假"),
    "crowd.broadcast": ("Message to all customers", "群发消息"),
    "crowd.campaign": ("Advertising campaign", "广告投放"),
    "crowd.rumour": ("Rumour", "负面传闻"),
    "crowd.surge": ("Surge of demand", "需求激增"),
    "fulfilment.close_station": ("Station closed", "作业站停工"),
    "fulfilment.close_warehouse": ("Warehouse closed", "仓库关闭"),
    "fulfilment.hire_couriers": ("More couriers", "增派快递员"),
    "fulfilment.overtime": ("Overtime in warehouses", "仓库加班"),
    "fulfilment.reroute": ("Orders sent from elsewhere", "改仓发货"),
    "fulfilment.slow_picking": ("Slow picking", "拣货变慢"),
    "fulfilment.slow_roads": ("Slow roads", "干线变慢"),
    "fulfilment.strike": ("Strike of couriers", "快递员罢工"),
    "fulfilment.warehouse_fire": ("Warehouse fire", "仓库火灾"),
    "oversight.apply": ("Licences applied for", "申办证照"),
    "oversight.audit": ("Inspection by the regulator", "监管检查"),
    "oversight.breach": ("Data breach becomes known", "数据泄露曝光"),
    "oversight.delist": ("Goods delisted by ourselves", "主动下架"),
    "oversight.licence_lapse": ("Licence withdrawn", "证照被撤销"),
    "oversight.reinstate": ("Goods put back on the shelf", "恢复上架"),
    "oversight.take_down": ("Take-down by the regulator", "监管下架令"),
    "platform.bad_release": ("Faulty release", "故障发布"),
    "platform.cache_flush": ("Cache emptied", "缓存清空"),
    "platform.capacity_cut": ("Capacity lost", "算力损失"),
    "platform.close_breaker": ("Circuit breakers released", "熔断解除"),
    "platform.crash": ("Crash", "宕机"),
    "platform.database_crash": ("Database crash", "数据库宕机"),
    "platform.degrade": ("Function switched off", "功能降级"),
    "platform.dependency_outage": ("Outage of a dependency", "外部依赖故障"),
    "platform.failback": ("Failback", "回切"),
    "platform.failover": ("Failover", "主备切换"),
    "platform.limit": ("Rate limit", "入口限流"),
    "platform.open_breaker": ("Circuit breakers held open", "手动熔断"),
    "platform.packet_loss": ("Packet loss", "网络丢包"),
    "platform.partition": ("Network partition", "网络分区"),
    "platform.release": ("Release", "版本发布"),
    "platform.replication_lag": ("Replication lag", "主从复制延迟"),
    "platform.restart": ("Restart", "重启"),
    "platform.restore": ("Function switched on again", "功能恢复"),
    "platform.rollback": ("Rollback", "版本回滚"),
    "platform.scale": ("Replicas added", "扩容"),
    "platform.site_loss": ("Site lost", "机房丢失"),
    "platform.slow": ("Slow service", "服务变慢"),
    "platform.thundering_herd": ("Thundering herd", "惊群"),
    "platform.traffic_surge": ("Surge of traffic", "流量激增"),
    "rivals.price_war": ("Price war", "价格战"),
    "rivals.promotion": ("Promotion of rivals", "竞品促销"),
    "rivals.service": ("Rivals serve better or worse", "竞品服务变化"),
    "shelf.match_prices": ("Rivals' prices matched", "跟价"),
    "shelf.raise_prices": ("List prices raised", "标价上调"),
    "shelf.stop_matching": ("Price matching stopped", "停止跟价"),
    "supply.activate_backup": ("Second sources activated", "启用备用货源"),
    "supply.capacity_cut": ("Suppliers' capacity cut", "供应商产能下降"),
    "supply.expedite": ("Shipments expedited", "加急运输"),
    "supply.fail": ("Supplier down", "供应商停供"),
    "supply.order": ("Extra order", "额外订货"),
    "supply.port_closure": ("Port closed", "港口关闭"),
    "supply.price_rise": ("Suppliers raise prices", "供应商涨价"),
    "supply.quality": ("Defective deliveries", "来货质量问题"),
    "supply.raise_stock": ("Stock targets raised", "提高库存目标"),
    "supply.region_down": ("Supply region down", "产区停供"),
    "supply.slow": ("Longer lead times", "交期延长"),
    "supply.spoil": ("Stock spoiled", "库存损毁"),
    "supply.stand_down": ("Back to the sourcing rule", "恢复常规采购"),
    "supply.transfer": ("Transfer between warehouses", "仓间调拨"),
    "threats.block": ("Attackers' orders cancelled", "取消攻击者订单"),
    "threats.breach": ("Passwords stolen", "账号密码泄露"),
    "threats.cancel_orders": ("Orders at a wrong price cancelled", "取消错价订单"),
    "threats.captcha_off": ("Captchas off", "关闭验证码"),
    "threats.captcha_on": ("Captchas on", "开启验证码"),
    "threats.card_fraud": ("Card fraud", "盗卡欺诈"),
    "threats.coupon_abuse": ("Coupon abuse", "薅羊毛（优惠券）"),
    "threats.credential_stuffing": ("Credential stuffing", "撞库攻击"),
    "threats.ddos": ("DDoS attack", "DDoS 攻击"),
    "threats.defend": ("Defence on", "启用防御"),
    "threats.drop": ("Defence off", "停用防御"),
    "threats.fix_price": ("Wrong price taken down", "撤下错价"),
    "threats.limit": ("Limit for each address", "单地址限次"),
    "threats.price_bug": ("Wrong price", "价格错误"),
    "threats.quota": ("Coupon quota for each account", "账号领券限额"),
    "threats.real_name": ("Identity required", "实名限购"),
    "threats.reset_passwords": ("Passwords reset", "重置密码"),
    "threats.retrain": ("Detector retrained", "重新训练检测模型"),
    "threats.return_fraud": ("Return fraud", "退货欺诈"),
    "threats.review_fraud": ("Paid reviews", "刷评"),
    "threats.scalpers": ("Scalpers", "黄牛抢购"),
    "threats.threshold": ("Detector threshold moved", "调整检测阈值"),
    "threats.waf_off": ("Firewall off", "关闭防火墙"),
    "threats.waf_on": ("Firewall on", "开启防火墙"),
}

#: services, dependencies, user actions, targets and subjects -> (English, Chinese)
THINGS: dict[str, tuple[str, str]] = {
    "all": ("all", "全部"),
    "gateway": ("gateway", "网关"),
    "search": ("search", "搜索"),
    "recommendation": ("recommendation", "推荐"),
    "cart": ("cart", "购物车"),
    "order": ("order", "订单"),
    "payment": ("payment", "支付"),
    "inventory": ("inventory", "库存"),
    "care": ("care", "客服"),
    "browse": ("browse", "浏览"),
    "pay": ("pay", "支付"),
    "shop": ("whole shop", "整个店铺"),
    "payment_provider": ("payment provider", "支付渠道"),
    "entry": ("entry", "入口"),
    "line": ("whole line", "整条线路"),
    "station": ("station", "服务台"),
    "opening": ("opening", "开售"),
    "members": ("members", "会员"),
    "tax": ("tax", "税务"),
    "prices": ("prices", "价格"),
    "data": ("data", "数据"),
    "licences": ("licences", "证照"),
    "licence": ("licence", "证照"),
    "lost payments": ("lost payments", "支付丢失"),
    "hero": ("hero articles", "爆品"),
    "flash": ("flash-sale articles", "秒杀品"),
    "promoted": ("promoted articles", "促销品"),
    "city": ("city", "城市"),
    "site": ("site", "机房"),
    "volumetric": ("volumetric", "流量型"),
    "couriers": ("couriers", "配送站"),
    "central": ("central warehouses", "中心仓"),
    "regional": ("regional warehouses", "区域仓"),
    "front": ("front warehouses", "前置仓"),
    "waf": ("firewall", "防火墙"),
    "captcha": ("captcha", "验证码"),
    "fingerprint": ("device fingerprint", "设备指纹"),
    "behaviour": ("behaviour model", "行为模型"),
    "manual_review": ("manual review", "人工审核"),
    "emergency_pool": ("emergency pool", "应急采购池"),
    "backup": ("backup source", "备用货源"),
    "pearl_delta": ("Pearl River Delta", "珠三角"),
    "yangtze_delta": ("Yangtze River Delta", "长三角"),
    "bohai": ("Bohai Rim", "环渤海"),
    "inland": ("inland", "内陆"),
    "apparel": ("apparel", "服饰"),
    "beauty": ("beauty", "美妆"),
    "food": ("food", "食品"),
    "household": ("household", "家居"),
    "appliances": ("appliances", "家电"),
    "phones": ("phones", "手机"),
    "baby": ("baby", "母婴"),
    "sports": ("sports", "运动"),
    "masks": ("masks", "口罩"),
    "staff": ("staff", "人工客服"),
    "complaints": ("complaints", "投诉"),
    "bot": ("bot", "机器人"),
    "privacy": ("privacy", "隐私"),
    "quality": ("quality", "质量"),
    "price bug": ("wrong price", "错价"),
    "rate_limit": ("limit for each address", "单地址限次"),
    "real_name": ("identity", "实名制"),
    "coupon_quota": ("coupon quota", "领券限额"),
    "scalpers": ("scalpers", "黄牛"),
    "coupon_abuse": ("coupon abuse", "薅羊毛"),
    "ddos": ("DDoS", "DDoS 攻击"),
    "card_fraud": ("card fraud", "盗卡欺诈"),
    "return_fraud": ("return fraud", "退货欺诈"),
    "review_fraud": ("paid reviews", "刷评"),
    "credential_stuffing": ("credential stuffing", "撞库"),
    "price_bug": ("wrong price", "错价"),
}
#: what is numbered: supplier-3
_NUMBERED = {
    "supplier": ("supplier", "供应商"), "couriers": ("couriers", "配送站"), "central": ("central warehouse", "中心仓"),
    "regional": ("regional warehouse", "区域仓"), "front": ("front warehouse", "前置仓"), "rival": ("rival", "竞品"),
    "pool": ("pool", "应急池"), "region": ("region", "区域"), "SKU": ("SKU", "商品"),
}  # fmt: skip
_DATABASES = {
    "db": ("database", "数据库"), "db.primary": ("database, primary", "数据库主库"),
    "db.replica": ("database, replicas", "数据库从库"),
}  # fmt: skip
#: conservation laws, which in English are their own names
LAWS_ZH = {
    "attackers": "攻击者", "care waiting": "客服排队", "complaints": "投诉", "coupon budgets": "优惠券预算", "coupons": "优惠券",
    "demand": "需求", "enquiries": "咨询", "little": "履约利特尔法则", "little of services": "服务利特尔法则", "money": "资金",
    "orders": "订单", "parcels": "包裹", "payments": "支付", "promised stock": "已承诺库存", "refunds": "退款",
    "requests": "请求", "served": "需求满足", "stock": "库存",
}  # fmt: skip
#: readings of a running market -> (English, Chinese)
READINGS: dict[str, tuple[str, str]] = {
    "orders": ("Orders", "下单数"),
    "gmv": ("GMV", "成交总额"),
    "order_failures": ("Failed orders", "下单失败数"),
    "lost_orders": ("Orders lost", "流失订单"),
    "lost_gmv": ("GMV lost", "流失成交额"),
    "fill_rate": ("Fill rate", "满足率"),
    "stock_out_rate": ("Stock-out rate", "缺货率"),
    "late_rate": ("Late parcels", "迟到率"),
    "in_stock": ("Articles in stock", "现货率"),
    "parcels_waiting": ("Parcels waiting", "待处理包裹"),
    "overdue_rate": ("Overdue parcels", "逾期率"),
    "coupon_leakage": ("Coupon budget leaked", "优惠券预算泄漏"),
    "bot_stock_share": ("Stock share of bots", "机器人抢占库存占比"),
    "bot_traffic": ("Traffic of bots", "机器人流量占比"),
    "fraud_loss": ("Fraud loss", "欺诈损失"),
    "price_bug_loss": ("Loss by wrong prices", "错价损失"),
    "rival_price": ("Rivals' price ÷ ours", "竞品价格与本店之比"),
    "on_sale": ("Articles on sale", "在售商品占比"),
    "records_exposed": ("Records exposed", "泄露记录数"),
    "enquiries_waiting": ("Enquiries waiting", "排队咨询"),
    "complaints_waiting": ("Complaints waiting", "待处理投诉"),
    "availability": ("availability", "可用率"),
    "latency": ("latency", "延迟"),
    "latency_p50": ("latency, median", "延迟中位数"),
    "latency_p95": ("latency, 95th percentile", "延迟 95 分位"),
    "latency_p99": ("latency, 99th percentile", "延迟 99 分位"),
    "utilisation": ("utilisation", "利用率"),
    "queue": ("queue", "排队请求"),
    "ready": ("replicas ready", "就绪副本"),
    "requests": ("requests", "请求数"),
}


def event(name: str, lang: str = "en") -> str:
    """What an event is called: ``Port closed`` for ``supply.port_closure``."""
    found = EVENTS.get(name)
    return found[lang == "zh"] if found else plain(name.partition(".")[2] or name)


def happened(name: str, subject: str = "", lang: str = "en") -> str:
    """An event and what it befell, unless that is all: ``Port closed: Pearl River Delta``."""
    if subject in ("", "all"):
        return event(name, lang)
    return f"{event(name, lang)}{'：' if lang == 'zh' else ': '}{thing(subject, lang)}"


def step(text: str, lang: str = "en") -> str:
    """``happened`` for an event and its target in one text, as the journal of a drill writes a step."""
    name, _, target = text.partition(" ")
    return happened(name, target, lang)


def thing(name: str, lang: str = "en") -> str:
    """What a service, a station, a warehouse, a target or a subject is called."""
    chinese = lang == "zh"
    if ", " in name:
        return ("、" if chinese else ", ").join(thing(part, lang) for part in name.split(", "))
    if name in THINGS:
        return THINGS[name][chinese]
    owner, _, part = name.partition(".")
    if part in _DATABASES:
        return f"{thing(owner, lang)}{'' if chinese else ' '}{_DATABASES[part][chinese]}"
    numbered = re.fullmatch(r"([A-Za-z]+)[- ](\d+)", name)
    if numbered and numbered[1] in _NUMBERED:
        return f"{_NUMBERED[numbered[1]][chinese]} {numbered[2]}"
    if name.startswith("category:"):
        return f"{'品类 ' if chinese else 'category '}{thing(name.partition(':')[2], lang)}"
    if owner == "action" and part:
        return f"{thing(part, lang)}{'操作' if chinese else ' actions'}"
    return plain(name)


def reading(metric: str, lang: str = "en") -> str:
    """What a reading is called: ``Order: latency, 99th percentile`` for ``platform.order.latency_p99``."""
    if metric in READINGS:
        return READINGS[metric][lang == "zh"]
    of, _, what = metric.removeprefix("platform.").rpartition(".")
    if not of or what not in READINGS:
        return plain(metric)
    owner = thing(of, lang)
    return f"{owner}{READINGS[what][1]}" if lang == "zh" else f"{owner[:1].upper()}{owner[1:]}: {READINGS[what][0]}"


def law(name: str, lang: str = "en") -> str:
    """What a conservation law is called."""
    return LAWS_ZH.get(name, name) if lang == "zh" else name


def plain(name: str) -> str:
    """A name that nobody has translated, with blanks for its underscores."""
    return name.replace("_", " ")
