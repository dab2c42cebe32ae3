"""A real headless browser for tests of pages."""

import shutil

import pytest

webdriver = pytest.importorskip("selenium.webdriver", reason="selenium is not installed")
from selenium.webdriver.chrome.service import Service  # noqa: E402

CHROMIUM, CHROMEDRIVER = "/usr/bin/chromium", "/usr/bin/chromedriver"
if not (shutil.which(CHROMIUM) and shutil.which(CHROMEDRIVER)):
    pytest.skip("no chromium: apt-get install chromium chromium-driver", allow_module_level=True)

FLAGS = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

# contrast of every visible text with what lies behind it, after WCAG 2.2
CONTRAST = r"""
const parse = (text) => {
  const n = text.match(/[\d.]+/g).map(Number);
  if (text.startsWith("color(srgb")) return { rgb: n.slice(0, 3), a: n[3] ?? 1 };
  return { rgb: n.slice(0, 3).map((x) => x / 255), a: n[3] ?? 1 };
};
const light = ({ rgb }) => {
  const [r, g, b] = rgb.map((x) => (x <= 0.04045 ? x / 12.92 : ((x + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
const behind = (element) => {
  const layers = [];
  for (let e = element; e && layers.at(-1)?.a !== 1; e = e.parentElement) {
    layers.push(parse(getComputedStyle(e).backgroundColor));
  }
  const over = (below, { rgb, a }) => below.map((x, i) => a * rgb[i] + (1 - a) * x);
  return { rgb: layers.reverse().reduce(over, [1, 1, 1]) };
};
const found = [];
for (const element of document.querySelectorAll("body *")) {
  const own = [...element.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim());
  if (!own || !element.checkVisibility()) continue;
  if (element.closest("script, noscript, svg, .skip")) continue;
  const [a, b] = [light(parse(getComputedStyle(element).color)), light(behind(element))];
  found.push([(Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05), element.outerHTML.slice(0, 80)]);
}
return found.sort((x, y) => x[0] - y[0]);
"""


def open_browser(folder):
    """Start a browser that keeps its files in a folder."""
    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    for flag in [*FLAGS, f"--user-data-dir={folder}"]:
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    options.add_experimental_option("prefs", {"download.default_directory": str(folder)})
    return webdriver.Chrome(options=options, service=Service(CHROMEDRIVER))


def look(driver, url, *, width=1280, height=900, dark=False):
    """Open a page in a window of a size and with a preference of colours."""
    driver.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride",
        {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600},
    )
    scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [scheme]})
    driver.get(url)
