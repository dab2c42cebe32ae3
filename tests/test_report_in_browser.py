"""The page of a report in a real headless browser."""

import csv
import io

import numpy as np
import pytest

from skmultitext import metrics
from skmultitext.inspection import find_label_errors
from skmultitext.report import multilabel_report

pytest.importorskip("selenium", reason="selenium is not installed")
from browsers import CONTRAST, look
from selenium.common.exceptions import NoAlertPresentException
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

HOSTILE = [
    "<script>alert(1)</script>",
    '</script><img src=x onerror="alert(1)">',
    "<!-- <script> ${alert(1)} \u2028 @@DATA@@ &lt;b&gt;",
    "javascript:alert(1)",
]
NAMES = ["zeal", "<b>joy</b>", "anger 10", "anger 9", "never true", "pride"]


def make():
    rng = np.random.default_rng(0)
    y_true = (rng.random((300, 6)) < [0.02, 0.1, 0.2, 0.3, 0, 0.5]).astype(int)
    y_true[0, [0, 1]] = 1
    y_proba = np.clip(rng.beta(1, 4, (300, 6)) + 0.3 * y_true, 0, 1)
    y_proba[:4] = 1 - y_true[:4]  # the worst of all, with the hostile texts
    return y_true, y_proba


def make_unknown():
    """True labels of which a third is unknown, but not those of the worst documents."""
    y_true = make()[0].astype(float)
    y_true[4:][np.random.default_rng(3).random((296, 6)) < 1 / 3] = np.nan
    return y_true


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    """Pages by name: with probabilities, decisions alone, unknown labels, and a large one."""
    folder = tmp_path_factory.mktemp("pages")
    y_true, y_proba = make()
    texts = HOSTILE + [f"text {i}" for i in range(296)]
    options = {"label_names": NAMES, "undefined": "zero", "texts": texts}
    reports = {
        "proba": multilabel_report(
            y_true, y_proba, threshold=0.3, n_bootstrap=20, random_state=0, **options
        ),
        "pred": multilabel_report(y_true, (y_proba > 0.3).astype(int), **options),
    }
    reports["unknown"] = multilabel_report(
        make_unknown(), y_proba, threshold=0.3, n_bootstrap=20, random_state=0, **options
    )
    rng = np.random.default_rng(1)
    y_true = (rng.random((5000, 28)) < np.linspace(0.01, 0.3, 28)).astype(int)
    y_proba = np.clip(rng.beta(1, 4, (5000, 28)) + 0.3 * y_true, 0, 1)
    reports["large"] = multilabel_report(
        y_true,
        y_proba,
        texts=[f"document {i}: " + "some longer text " * 20 for i in range(5000)],
        label_names=[f"a label with a long name {j}" for j in range(28)],
    )
    return {name: report.to_html(folder / f"{name}.html") for name, report in reports.items()}


@pytest.fixture
def page(browser, pages):
    """Open a page, and see at the end that it wrote no error."""

    def open_page(name="proba", width=1280, height=900, dark=False):
        look(browser, pages[name].as_uri(), width=width, height=height, dark=dark)
        assert browser.execute_script("return document.documentElement.dataset.ready") == "true"
        return browser

    browser.get_log("browser")
    yield open_page
    assert browser.get_log("browser") == []
    with pytest.raises(NoAlertPresentException):
        browser.switch_to.alert  # noqa: B018


def labels_of(driver):
    """Names of the visible rows, from above."""
    rows = driver.find_elements(By.CSS_SELECTOR, "#table tbody tr")
    return [row.find_element(By.TAG_NAME, "th").text for row in rows if row.is_displayed()]


def values_of(driver, key):
    """Full numbers of a column, by label."""
    cells = driver.execute_script(
        "return [...document.querySelectorAll('#table tbody tr')].map((row) => [row.cells[0]"
        ".textContent, +row.querySelector(`[data-key=${arguments[0]}]`).dataset.value])",
        key,
    )
    return dict(cells)


def totals_of(driver):
    return dict(
        driver.execute_script(
            "return [...document.querySelectorAll('[data-total]')]"
            ".map((e) => [e.dataset.total, +e.dataset.value])"
        )
    )


def assert_shows(driver, thresholds, y_true=None):
    """All numbers on the page are those of these thresholds."""
    y_proba = make()[1]
    y_true = make()[0] if y_true is None else y_true
    y_pred = y_proba > thresholds
    options = {"undefined": "zero"}
    for key in ("precision", "recall", "f1"):
        function = getattr(metrics, f"{key}_score")
        expected = function(y_true, y_pred, average=None, **options)
        got = values_of(driver, key)
        np.testing.assert_allclose([got[name] for name in NAMES], expected, rtol=1e-12)
    expected = {
        f"{average}_{key}": getattr(metrics, f"{key}_score")(
            y_true, y_pred, average=average, **options
        )
        for key in ("precision", "recall", "f1")
        for average in ("micro", "macro")
    }
    expected["weighted_f1"] = metrics.f1_score(y_true, y_pred, average="weighted", **options)
    expected["hamming_loss"] = metrics.hamming_loss(y_true, y_pred)
    assert totals_of(driver) == pytest.approx(expected, rel=1e-12)


def thresholds_of(driver):
    return np.array(
        driver.execute_script(
            "return [...document.querySelectorAll('#table output')].map((e) => +e.dataset.value)"
        )
    )


def test_sliders_change_the_numbers_to_the_exact_ones(page):
    driver = page()
    assert_shows(driver, np.full(6, 0.3))
    rng = np.random.default_rng(2)
    for share in rng.random((5, 6)):
        move_sliders(driver, share)
        thresholds = thresholds_of(driver)
        assert len(set(thresholds)) > 3
        assert_shows(driver, thresholds)
    driver.find_element(By.ID, "reset-all").click()
    assert_shows(driver, np.full(6, 0.3))
    driver.find_element(By.ID, "best-all").click()
    assert_shows(driver, thresholds_of(driver))
    y_true, y_proba = make()
    best = [
        max(metrics.f1_score(y_true[:, j], y_proba[:, j] > t) for t in np.unique(y_proba[:, j]))
        for j in (0, 3, 5)
    ]
    f1 = values_of(driver, "f1")
    np.testing.assert_allclose([f1[NAMES[j]] for j in (0, 3, 5)], best)


def move_sliders(driver, share):
    """Move the slider of each label to a share of its length."""
    driver.execute_script(
        "document.querySelectorAll('#table input[type=range]').forEach((slider, j) => {"
        "  slider.value = Math.round(arguments[0][j] * slider.max);"
        "  slider.dispatchEvent(new Event('input'));"
        "});",
        share.tolist(),
    )


def test_sliders_score_the_known_entries_alone(page):
    driver, y_true = page("unknown"), make_unknown()
    assert_shows(driver, np.full(6, 0.3), y_true)
    for share in np.random.default_rng(4).random((3, 6)):
        move_sliders(driver, share)
        assert_shows(driver, thresholds_of(driver), y_true)
    share = 100 * (~np.isnan(y_true)).mean()
    summary = driver.find_element(By.ID, "summary").text
    assert summary == f"300 documents, 6 labels, {share:.1f} % of their entries known"
    heads = [head.text for head in driver.find_elements(By.CSS_SELECTOR, "#table thead th")]
    assert heads[1:3] == ["Support", "Known"]
    cells = driver.find_elements(By.CSS_SELECTOR, "#table td[data-key=known]")
    assert [int(cell.text) for cell in cells] == (~np.isnan(y_true)).sum(axis=0).tolist()
    driver.execute_script("document.getElementById('more').click()")
    errors = [item.text for item in driver.find_elements(By.CSS_SELECTOR, "#error-list li")]
    assert any("Not known: " in text for text in errors)
    assert not all("Not known: " in text for text in errors)
    said = driver.find_elements(By.CSS_SELECTOR, "#heat td")[2].get_attribute("aria-label")
    both = y_true[~np.isnan(y_true[:, 1])]
    n_both, n_first = ((both[:, 0] == 1) & (both[:, 1] == 1)).sum(), (both[:, 0] == 1).sum()
    assert said == (
        f"zeal and <b>joy</b>: {n_both} documents, {100 * n_both / n_first:.1f} % of those with "
        f"zeal of which <b>joy</b> is known"
    )


def test_one_slider_moves_all_labels(page):
    driver = page()
    slider = driver.find_element(By.ID, "all")
    assert slider.get_attribute("aria-valuetext") == "0.30"
    slider.send_keys(Keys.ARROW_RIGHT * 12)
    assert slider.get_attribute("aria-valuetext") == "0.42"
    assert driver.find_element(By.ID, "all-value").text == "0.42"
    assert_shows(driver, np.full(6, 0.42))


def test_keyboard_reaches_and_moves_a_slider(page):
    driver = page()
    driver.find_element(By.ID, "reset-all").send_keys(Keys.TAB)
    reached = []
    for _ in range(40):
        active = driver.switch_to.active_element
        assert driver.execute_script(
            "return getComputedStyle(arguments[0]).outlineStyle !== 'none'", active
        ), f"focus is not visible on {active.get_attribute('outerHTML')[:80]}"
        reached.append(active.accessible_name)
        if active.accessible_name == "Threshold of anger 9":
            break
        active.send_keys(Keys.TAB)
    assert reached[-1] == "Threshold of anger 9"
    assert "Table of labels" in reached
    before = thresholds_of(driver)
    active.send_keys(Keys.ARROW_RIGHT)
    after = thresholds_of(driver)
    assert after[3] > before[3]
    assert (np.delete(after, 3) == np.delete(before, 3)).all()
    assert_shows(driver, after)
    f1 = values_of(driver, "f1")["anger 9"]
    assert active.get_attribute("aria-valuetext") == f"{after[3]:.3f}, F1 {f1:.3f}"
    assert driver.find_element(By.ID, "panel-name").text == "anger 9"
    assert driver.find_element(By.ID, "panel-value").text == f"{after[3]:.3f}"


def test_every_control_has_a_name(page):
    driver = page()
    controls = driver.find_elements(By.CSS_SELECTOR, "button, input, select, textarea, [role=grid]")
    assert len(controls) > 25
    for control in controls:
        assert not control.is_displayed() or control.accessible_name


def test_sort(page):
    driver = page()
    head = {
        h.get_attribute("data-key"): h for h in driver.find_elements(By.CSS_SELECTOR, "thead th")
    }
    head["f1"].find_element(By.TAG_NAME, "button").click()
    f1 = values_of(driver, "f1")
    falling = [f1[name] for name in labels_of(driver)]
    assert falling == sorted(f1.values(), reverse=True)
    assert head["f1"].get_attribute("aria-sort") == "descending"
    head["f1"].find_element(By.TAG_NAME, "button").send_keys(Keys.ENTER)
    assert [f1[name] for name in labels_of(driver)] == falling[::-1]
    assert head["f1"].get_attribute("aria-sort") == "ascending"
    head["name"].find_element(By.TAG_NAME, "button").click()
    assert labels_of(driver) == ["<b>joy</b>", "anger 9", "anger 10", "never true", "pride", "zeal"]
    assert head["f1"].get_attribute("aria-sort") is None
    head["support"].find_element(By.TAG_NAME, "button").click()
    support = dict(zip(NAMES, make()[0].sum(axis=0), strict=True))
    assert labels_of(driver) == sorted(NAMES, key=support.get, reverse=True)


def test_filter(page):
    driver = page()
    field = driver.find_element(By.ID, "filter")
    field.send_keys("Anger")
    assert labels_of(driver) == ["anger 10", "anger 9"]
    assert driver.find_element(By.ID, "found").text == "2 of 6 labels"
    field.send_keys(" 9")
    assert labels_of(driver) == ["anger 9"]
    field.send_keys(Keys.CONTROL, "a", Keys.NULL, "nothing")
    assert labels_of(driver) == []
    field.send_keys(Keys.CONTROL, "a", Keys.NULL, Keys.DELETE)
    assert labels_of(driver) == NAMES


def test_hostile_texts_and_names_stay_text(page):
    driver = page()
    while driver.find_element(By.ID, "more").is_displayed():
        driver.find_element(By.ID, "more").click()
    texts = driver.execute_script(
        "return [...document.querySelectorAll('#error-list .text')].map((e) => e.textContent)"
    )
    assert set(HOSTILE) <= set(texts)
    assert "<b>joy</b>" in labels_of(driver)
    counts = driver.execute_script(
        "return ['script', 'img', 'b', 'iframe'].map((t) => document.querySelectorAll(t).length)"
    )
    assert counts == [2, 0, 0, 0]  # the data and the page's own script


def test_what_is_not_the_pages_own_script_is_refused(browser, pages):
    browser.get(pages["proba"].as_uri())
    browser.execute_script(
        "const s = document.createElement('script'); s.textContent = 'window.ran = true';"
        "document.body.append(s);"
    )
    assert browser.execute_script("return window.ran") is None
    assert "Content Security Policy" in browser.get_log("browser")[0]["message"]


def test_errors_are_filtered_by_label_and_kind(page):
    driver = page()
    driver.find_element(By.ID, "panel-errors").click()
    assert driver.find_element(By.ID, "error-label").get_attribute("value") == "0"
    items = driver.find_elements(By.CSS_SELECTOR, "#error-list strong")
    assert {item.text for item in items} == {"zeal"}
    driver.execute_script(
        "const kind = document.getElementById('error-kind'); kind.value = 'missed';"
        "kind.dispatchEvent(new Event('change'));"
    )
    kinds = driver.find_elements(By.CSS_SELECTOR, "#error-list .kind")
    assert {kind.text for kind in kinds} == {"Missed"}


def test_doubtful_labels_are_searched_and_saved(page):
    driver = page()
    y_true, y_proba = make()
    audit = find_label_errors(y_true, y_proba, label_names=NAMES, calibrate=False)
    items = driver.find_elements(By.CSS_SELECTOR, "#doubtful-list .what")
    first = f"{audit.reason[0].title()} {audit.labels[0]}, probability {audit.probability[0]:.3f}"
    assert items[0].text == f"{first}, row {audit.documents[0]}"
    driver.find_element(By.ID, "doubtful-search").send_keys("alert anger")
    items = driver.find_elements(By.CSS_SELECTOR, "#doubtful-list li")
    assert items
    for item in items:
        assert "alert" in item.text
        assert "anger" in item.find_element(By.TAG_NAME, "strong").text
    driver.find_element(By.ID, "doubtful-search").clear()
    driver.find_element(By.ID, "doubtful-search").send_keys(Keys.BACKSPACE)
    driver.execute_script(
        "const kind = document.getElementById('doubtful-kind'); kind.value = 'extra';"
        "kind.dispatchEvent(new Event('change'));"
        "const make = URL.createObjectURL;"
        "URL.createObjectURL = (file) => { window.saved = file.text(); return make(file); };"
    )
    driver.find_element(By.ID, "doubtful-csv").click()
    rows = list(csv.DictReader(io.StringIO(driver.execute_script("return window.saved"))))
    extra = np.flatnonzero(audit.given)
    assert [int(row["document"]) for row in rows] == audit.documents[extra].tolist()
    assert [row["label"] for row in rows] == audit.labels[extra].tolist()
    assert {row["reason"] for row in rows} == {"extra"}
    found = [float(row["probability"]) for row in rows]
    np.testing.assert_array_equal(found, audit.probability[extra])
    assert rows[0]["text"] == f"text {int(rows[0]['document']) - 4}" or rows[0]["text"] in HOSTILE


def test_cooccurrence_is_read_by_keyboard(page):
    driver = page()
    cell = driver.find_element(By.CSS_SELECTOR, "#heat td[tabindex='0']")
    cell.send_keys(Keys.ARROW_RIGHT)
    y_true, y_proba = make()
    both = int((y_true[:, 0] & y_true[:, 1]).sum())
    share = 100 * both / y_true[:, 0].sum()
    said = f"zeal and <b>joy</b>: {both} documents, {share:.1f} % of those with zeal"
    assert driver.find_element(By.ID, "heat-said").text == said
    driver.switch_to.active_element.send_keys(Keys.ARROW_LEFT)
    assert driver.find_element(By.ID, "heat-said").text == f"zeal: {y_true[:, 0].sum()} documents"
    driver.find_element(By.ID, "heat-given").click()
    driver.find_element(By.CSS_SELECTOR, "#heat td[tabindex='0']").click()
    given = (y_proba[:, 0] > 0.3).sum()
    assert driver.find_element(By.ID, "heat-said").text == f"zeal: {given} documents"


@pytest.mark.parametrize("name", ["proba", "pred", "unknown", "large"])
def test_a_phone_needs_no_sideways_scrolling(page, name):
    driver = page(name, width=360, height=740)
    width = driver.execute_script("return [document.documentElement.scrollWidth, innerWidth]")
    assert width == [360, 360]
    inner = "const e = document.querySelector('#table').parentElement; return "
    assert driver.execute_script(inner + "e.clientWidth <= 360")
    if name == "proba":
        assert driver.execute_script(inner + "e.scrollWidth > e.clientWidth"), "scrolls in its box"


@pytest.mark.parametrize("dark", [False, True])
def test_all_text_has_contrast(page, dark):
    driver = page(dark=dark)
    button = driver.find_element(By.ID, "theme")
    lowest, where = driver.execute_script(CONTRAST)[0]
    print(f"lowest contrast, {'dark' if dark else 'light'}: {lowest:.2f}")
    assert lowest >= 4.5, where
    ground = "return getComputedStyle(document.body).backgroundColor"
    before = driver.execute_script(ground)
    assert button.text == ("Light colours" if dark else "Dark colours")
    button.click()
    assert button.text == ("Dark colours" if dark else "Light colours")
    assert driver.execute_script(ground) != before
    assert driver.execute_script(CONTRAST)[0][0] >= 4.5


def test_decisions_alone_show_without_sliders(page):
    driver = page("pred")
    assert labels_of(driver) == NAMES
    assert not [
        e
        for e in driver.find_elements(By.TAG_NAME, "input")
        if e.get_attribute("type") == "range" and e.is_displayed()
    ]
    y_true, y_proba = make()
    expected = metrics.f1_score(y_true, y_proba > 0.3, average=None, undefined="zero")
    np.testing.assert_allclose(list(values_of(driver, "f1").values()), expected)
    assert not driver.find_element(By.ID, "panel").is_displayed()


def processor_seconds(driver):
    """The processor time of the main thread of the page so far; a navigation starts it anew."""
    metrics = driver.execute_cdp_cmd("Performance.getMetrics", {})["metrics"]
    return {entry["name"]: entry["value"] for entry in metrics}["TaskDuration"]


@pytest.mark.slow
def test_a_large_page_is_small_and_opens_fast(page, pages, browser):
    size = pages["large"].stat().st_size
    seconds = []
    browser.execute_cdp_cmd("Performance.enable", {"timeDomain": "threadTicks"})
    for _ in range(3):
        driver = page("large")
        seconds.append(processor_seconds(driver))
    print(f"5000 x 28: {size / 1e6:.2f} MB, opens in {min(seconds):.2f} s of processor time")
    assert size < 3_000_000
    assert 0 < min(seconds) < 1
    assert driver.execute_script("return performance.getEntriesByType('resource').length") == 0
