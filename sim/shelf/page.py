"""The page on the shopper's side: weight, images and first screen as seconds, by device."""

from __future__ import annotations

from typing import Any

import numpy as np


def seconds(page: Any, experience: Any) -> np.ndarray:
    """float64[devices], s a page takes on a phone and on a desktop: transfer of what the first screen waits for, and rendering.

    ``page``: the section `shelf.page`, or None: everything is transferred before anything is seen. ``experience``: the
    section `platform.experience` (bytes, bits a second, minutes of rendering).
    """
    weight, rendering = experience.page_weight, 1.0
    if page is not None:
        weight *= (1.0 - page.images * page.image_saving) * page.first_screen
        rendering -= page.rendering_saving
    return np.array(
        [
            weight * 8.0 / experience.phone_speed + experience.phone_rendering * 60.0 * rendering,
            weight * 8.0 / experience.desktop_speed + experience.desktop_rendering * 60.0 * rendering,
        ]
    )
