"""A real browser."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.support.egated import STUCK_S

CHROMIUM = Path("/usr/bin/chromium")
_FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@contextlib.contextmanager
def chromium() -> Iterator[Browser]:
    """Start Debian's chromium; skip the test, visibly, where it is not installed."""
    if not CHROMIUM.exists():
        pytest.skip("chromium is not installed: apt-get install chromium")
    expect.set_options(timeout=STUCK_S * 1000)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(_FLAGS))
        try:
            yield browser
        finally:
            browser.close()


SIDEWAYS = """() => [document.documentElement, ...document.querySelectorAll("*")]
    .filter((one) => one.scrollWidth > one.clientWidth + 1 && one.clientWidth > 1)
    .filter((one) => ["HTML", "BODY", "MAIN"].includes(one.tagName) || one.matches(".scroll"))
    .map((one) => one.tagName)"""
"""Parts of the page that must be scrolled sideways: there should be none (WCAG 2.2 §1.4.10)."""

ANIMATIONS = "() => document.getAnimations().length"

_CONTRASTS = """() => {
    const light = (colour) => {
        const [r, g, b] = colour.map((v) => v / 255).map(
            (v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const numbers = (text) => text.match(/[\\d.]+/g).map(Number);
    const ground = (one) => {
        for (let at = one; at !== null; at = at.parentElement) {
            const [r, g, b, alpha = 1] = numbers(getComputedStyle(at).backgroundColor);
            if (alpha === 1) return [r, g, b];
            if (alpha > 0) throw new Error("half transparent ground");
        }
        return [255, 255, 255];
    };
    const found = {};
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
        const one = walker.currentNode.parentElement;
        if (walker.currentNode.data.trim() === "" || !one.checkVisibility()) continue;
        if (one.closest("noscript, .sr-only, .skip")) continue;
        const pair = [light(numbers(getComputedStyle(one).color).slice(0, 3)), light(ground(one))];
        const ratio = (Math.max(...pair) + 0.05) / (Math.min(...pair) + 0.05);
        const path = `${one.tagName} ${one.className} ${walker.currentNode.data.trim()}`;
        found[path] = Math.min(ratio, found[path] ?? 21);
    }
    return found;
}"""


def contrasts(page: Page) -> dict[str, float]:
    """Measure every visible text against its ground (WCAG 2.2 §1.4.3)."""
    found: dict[str, float] = page.evaluate(_CONTRASTS)
    return found
