"""Kinds of entries of the journal in Chinese; in English they are their own words."""

from __future__ import annotations

from sim.books import names

_ZH = {
    "activated": "启用", "alert": "告警", "answer": "应对", "blocked": "拦截", "breach": "数据泄露", "breach_cost": "泄露损失",
    "breaker_closed": "熔断恢复", "breaker_opened": "熔断", "buy_out": "包销", "c2m": "反向定制", "cache_flushed": "缓存清空",
    "capacity_cut": "产能下降", "comes": "攻击开始", "comes_back": "攻击者返回", "come_back": "顾客回流", "compensated": "赔付",
    "crashed": "宕机", "damages": "赔偿", "decided": "决策", "defence_on": "启用防御", "degraded": "降级", "down": "供应商停供",
    "expedited": "加急", "expiry_warning": "证照到期提醒", "failback_not_possible": "无法回切", "failed_back": "回切",
    "failed_over": "切换", "fashion": "爆款", "festival_order": "大促备货", "fined": "罚款", "flood": "流量攻击",
    "found_by_check": "审核发现", "goes": "攻击者离开", "inspected": "检查", "known_down": "获知停供", "licence_lapsed": "证照失效",
    "licensed": "取得证照", "limit_lifted": "解除限流", "limit_set": "限流", "list_prices": "标价调整", "marked_down": "降价",
    "member_day": "会员日", "moved": "移仓", "nothing_to_cancel": "无单可取消", "notified": "已通知用户", "ordered": "订货",
    "orders_cancelled": "取消订单", "orders_void": "订单作废", "passwords_reset": "重置密码", "port_closure": "港口关闭",
    "price_bug": "价格错误", "price_protection": "价保", "price_rise": "涨价", "prices_matched": "跟价", "primary_lost": "主库丢失",
    "promotion": "竞品促销", "promotion_over": "竞品促销结束", "pushed": "推送", "quality": "质量问题", "quits": "攻击者退出",
    "raise_stock": "加库存", "records_exposed": "记录泄露", "refused": "拒绝", "region_down": "区域停供", "reinstated": "恢复上架",
    "reinstatement_refused": "恢复上架被拒", "reopened": "恢复运营", "repaired": "修复", "restarted": "重启", "restored": "恢复",
    "release_complete": "发布完成", "release_fault_found": "发现发布故障", "release_harm": "发布影响请求",
    "release_orders_given_up": "因发布放弃订单", "release_people": "发布影响人数", "release_rolled_back": "发布已回滚",
    "release_rolling_back": "发布回滚中", "release_started": "开始发布", "inject": "注入故障", "recovered": "恢复", "stop": "中止",
    "action": "措施", "afterwards": "收尾", "fault_over": "故障结束", "action_failed": "措施未执行", "afterwards_failed": "收尾未执行",
    "defence_off": "停用防御", "not_recovered": "未恢复", "steady_after": "事后稳态", "withdrawn": "撤回", "group_complete": "拼团成功",
    "group_failed": "拼团失败", "retrained": "重新训练", "reviewed": "评审", "scaled": "扩缩容", "site_lost": "机房丢失", "slow": "变慢",
    "slow_movers": "滞销品", "spoiled": "变质", "taken_down": "下架", "thundering_herd": "惊群", "too_little_money": "资金不足",
    "traffic_surge": "流量激增", "transferred": "调拨", "up": "供应商恢复", "war_begins": "价格战开始", "war_ends": "价格战结束",
    "writes_lost": "写入丢失", "zero_yuan_trials": "零元试用",
}  # fmt: skip
def journal_word(word: str, lang: str, subject: bool = False) -> str:
    """A kind, or a subject, of the journal as people read it; one nobody has translated stays as it is."""
    if subject:
        return names.thing(word, lang)
    if lang != "zh":
        return word.replace("_", " ")
    if word.endswith("_over") and word not in _ZH:
        return f"{_ZH.get(word.removesuffix('_over'), word.removesuffix('_over').replace('_', ' '))}结束"
    return _ZH.get(word, word.replace("_", " "))
