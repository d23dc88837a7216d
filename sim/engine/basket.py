"""The basket before it is paid: what is sold out is replaced or dropped, and something may be added to reach a threshold."""

from __future__ import annotations

from sim.books.state import DEMANDED_UNITS, LOST_UNITS, LOST_VALUE, RIVAL_PURCHASES, STOCK_OUTS, SUBSTITUTIONS, note
from sim.core.compiled import inner
from sim.core.rng import decision, philox, uniform
from sim.crowd.cart import drop_line
from sim.crowd.state import DEAL_PRONE, P_DELAY, P_OTHER, P_REGULAR, P_SUBSTITUTE, P_TOP_REACH, P_TOP_TRIES, P_TOP_VALUE
from sim.fulfilment.state import LINES
from sim.fulfilment.stock import ask, reachable
from sim.shelf.state import ACTIVE, EVERY, FULL_REDUCTIONS, OFF
from sim.supply.state import LOST

RESPONSE = decision("stock_out.response")
SUBSTITUTE = decision("stock_out.substitute")
FILLER = decision("basket.filler")


@inner
def find_substitute(crowd, shelf, supply, ful, row, category, shopper, occurrence, sought, quantity):  # type: ignore[no-untyped-def]
    """The most attractive of eight SKUs of the category of ``sought`` that is in stock and not in the cart; -1 if none."""
    best = -1
    value = -1e9
    page_0 = row.arm * shelf.skus.shape[0]
    for block in range(2):
        w0, w1, w2, w3 = philox(crowd.keys[0], crowd.keys[1], shopper, occurrence, SUBSTITUTE, sought * 2 + block)
        for part in range(4):
            word = w0
            if part == 1:
                word = w1
            elif part == 2:
                word = w2
            elif part == 3:
                word = w3
            sku = shelf.ranking[category, word >> 20]
            page = shelf.pages[page_0 + sku]
            if page.paused or shelf.skus[sku].deposit > 0.0 or page.base - crowd.params[P_REGULAR] * page.log_price <= value:
                continue
            held = False
            for j in range(row.cart_lines):
                if row.cart_sku[j] == sku:
                    held = True
            if not held and reachable(ful, supply, row.region, sku) >= quantity:
                best = sku
                value = page.base - crowd.params[P_REGULAR] * page.log_price
    return best


@inner
def check_stock(crowd, shelf, supply, ful, rivals, books, shopper, occurrence, minute):  # type: ignore[no-untyped-def]
    """Ask for every line of the cart; lines without stock are replaced, kept for later, or lost. Presale lines wait.

    Returns a bit mask of the lines that stay in the cart for another day.
    """
    row = crowd.rows[shopper]
    params = crowd.params
    kept = 0
    j = 0
    while j < row.cart_lines:
        sku = row.cart_sku[j]
        quantity = int(row.cart_quantity[j])
        article = shelf.skus[sku]
        if article.paused:
            drop_line(row, j)
            continue
        if article.deposit > 0.0 or supply.backorder[sku]:
            j += 1
            continue
        if reachable(ful, supply, row.region, sku) >= quantity:
            j += 1
            continue
        ask(ful, supply, books, row.region, shopper, sku, quantity, minute)
        supply.totals[LOST, sku] += quantity
        note(books, minute, DEMANDED_UNITS, float(quantity))
        note(books, minute, STOCK_OUTS, 1.0)
        note(books, minute, LOST_UNITS, float(quantity))
        note(books, minute, LOST_VALUE, float(article.price * quantity))
        w0, _, _, _ = philox(crowd.keys[0], crowd.keys[1], shopper, occurrence, RESPONSE, sku)
        u = uniform(w0)
        category = article.category
        if u < params[P_SUBSTITUTE]:
            other = find_substitute(crowd, shelf, supply, ful, row, category, shopper, occurrence, sku, quantity)
            if other >= 0:
                row.cart_sku[j] = other
                note(books, minute, SUBSTITUTIONS, 1.0)
                j += 1
                continue
            drop_line(row, j)
            continue
        u -= params[P_SUBSTITUTE]
        if u < params[P_DELAY]:
            # the line moves behind those bought now
            kept |= 1 << j
            j += 1
            continue
        if u < params[P_DELAY] + params[P_OTHER]:
            note(books, minute, RIVAL_PURCHASES, 1.0)
            rivals.sales[category] += 1
            spec = shelf.categories[category]
            if spec.cover_days > 0.0:
                row.cover[category] = max(int(row.cover[category]), minute // 1440) + int(spec.cover_days * quantity)
        drop_line(row, j)
    return kept


@inner
def top_up(crowd, shelf, supply, ful, row, desk, n, shopper, occurrence):  # type: ignore[no-untyped-def]
    """A deal-prone shopper just below a threshold may add an article that costs less than what it saves.

    The filler is worth only part of its price to the shopper: bought where price·(1 − value) < off. Returns the
    number of lines afterwards; the filler is the last.
    """
    params = crowd.params
    if n >= LINES or not row.flags & DEAL_PRONE:
        return n
    page_0 = row.arm * shelf.skus.shape[0]
    for number in range(FULL_REDUCTIONS):
        if shelf.reductions[number, ACTIVE] == 0:
            continue
        every, off = shelf.reductions[number, EVERY], shelf.reductions[number, OFF]
        total = 0
        for i in range(n):
            board = shelf.boards[page_0 + desk.basket[i]]
            if (board.full_reduction >> number) & 1:
                total += board.price * desk.quantity[i]
        missing = every - total % every
        if total == 0 or missing == every or missing > params[P_TOP_REACH] * every:
            continue
        for attempt in range(int(params[P_TOP_TRIES])):
            w0, w1, w2, _ = philox(crowd.keys[0], crowd.keys[1], shopper, occurrence, FILLER, attempt)
            category = int(uniform(w0) * shelf.categories.shape[0])
            sku = shelf.ranking[category, w1 >> 20]
            article = shelf.boards[page_0 + sku]
            if article.paused or article.deposit > 0.0 or not (article.full_reduction >> number) & 1:
                continue
            held = False
            for i in range(n):
                if desk.basket[i] == sku:
                    held = True
            value = min(1.0, 2.0 * params[P_TOP_VALUE] * uniform(w2))
            if held or article.price < missing or article.price * (1.0 - value) >= off:
                continue
            if reachable(ful, supply, row.region, sku) < 1:
                continue
            desk.basket[n] = sku
            desk.quantity[n] = 1
            return n + 1
    return n
