"""The page of a server in a real headless browser."""

import csv
import io
import json
from contextlib import ExitStack
from itertools import count

import numpy as np
import pytest
from served_models import running, wait_for

from skmultitext import FixedThresholdTagger, TfidfLogRegTagger
from skmultitext.inspection import explain
from skmultitext.persistence import model_card
from skmultitext.serving import make_app

pytest.importorskip("selenium", reason="selenium is not installed")
from browsers import CONTRAST, look
from selenium.common.exceptions import NoAlertPresentException
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

TEXT = "I was charged twice, please refund me"
HOSTILE = "<img src=x onerror=alert(1)>"
TOKEN = "a-token-of-letters"


@pytest.fixture(scope="module")
def hostile_tagger():
    """A tagger with label names that are markup, and commas in them."""
    names = [HOSTILE, "</script><b>", 'a,"b"', "\N{PILE OF POO} | x", *(f"l{j}" for j in range(9))]
    texts = [f"word{j} {'<b>' if j % 2 else 'x y'}" for j in range(len(names))]
    return TfidfLogRegTagger(C=100, random_state=0).fit(
        [*texts, "both"], [*([name] for name in names), names[:2]]
    )


@pytest.fixture(scope="module")
def models(ticket_tagger, hostile_tagger):
    """Taggers by name."""
    from sklearn.frozen import FrozenEstimator

    tuned = FixedThresholdTagger(FrozenEstimator(ticket_tagger), threshold={"refund": 0.9})
    tuned.fit(["a"], np.zeros((1, 10), dtype=int))
    return {"tickets": tuned, "hostile": hostile_tagger, "token": ticket_tagger}


@pytest.fixture(scope="module")
def urls(models):
    """The URLs of their servers."""
    limits = {"max_length": 300, "max_texts": 30, "max_waiting": 30}
    with ExitStack() as stack:
        yield {
            name: stack.enter_context(
                running(make_app(model, token=TOKEN if name == "token" else None, **limits))
            )
            for name, model in models.items()
        }


@pytest.fixture
def page(browser, urls):
    """Open a page, and see at the end that it wrote no error and opened no dialog."""
    allowed = []

    def open_page(name="tickets", refused=(), **window):
        allowed.extend(refused)
        look(browser, urls[name], **window)
        wait_for(lambda: state(browser, "ready") == "true")
        return browser

    browser.get_log("browser")
    yield open_page
    with pytest.raises(NoAlertPresentException):
        browser.switch_to.alert  # noqa: B018
    errors = [entry["message"] for entry in browser.get_log("browser")]
    assert [error for error in errors if not any(part in error for part in allowed)] == []


def state(driver, name):
    return driver.execute_script("return document.documentElement.dataset[arguments[0]]", name)


def find(driver, selector):
    return driver.find_element(By.CSS_SELECTOR, selector)


def write(driver, text):
    """Set the text as a reader would paste it, and wait for its labels."""
    driver.execute_script(
        "document.documentElement.dataset.busy = 'soon';"
        "const field = document.getElementById('text'); field.value = arguments[0];"
        "field.dispatchEvent(new Event('input'));",
        text,
    )
    wait_for(lambda: state(driver, "busy") == "false")


def shown(driver):
    """The shown labels: name, probability to the last digit, and whether it is given."""
    return driver.execute_script(
        "return [...document.querySelectorAll('#labels > li')].map((li) => [li.dataset.name,"
        " +li.querySelector('.row').dataset.probability, li.classList.contains('given')])"
    )


def words_of(driver, name):
    """The words below a label, each with its weight; None if they are not shown."""
    return driver.execute_script(
        "const li = [...document.querySelectorAll('#labels > li')]"
        ".find((li) => li.dataset.name === arguments[0]);"
        "if (!li.querySelector('.words')) return null;"
        "return [...li.querySelectorAll('.word')]"
        ".map((word) => [word.firstChild.data, word.lastChild.textContent])",
        name,
    )


def test_a_typed_text_gets_its_labels_with_bars_thresholds_and_words(page, models):
    driver, tagger = page(), models["tickets"]
    assert shown(driver) == []
    find(driver, "#text").send_keys(TEXT)
    wait_for(lambda: words_of(driver, "refund") if shown(driver) else None)
    wait_for(lambda: state(driver, "busy") == "false")
    names, proba = list(tagger.label_names_), tagger.predict_proba([TEXT])[0].tolist()
    given = set(tagger.predict_labels([TEXT])[0])
    assert given == {"billing", "refund"}
    ranked = sorted(
        zip(names, proba, strict=True), key=lambda pair: (pair[0] not in given, -pair[1])
    )
    assert shown(driver) == [[name, p, name in given] for name, p in ranked]
    assert find(driver, "#summary").text == "2 labels: refund, billing"
    bars = driver.find_elements(By.CSS_SELECTOR, ".bar")
    assert bars[0].get_attribute("aria-label") == f"probability {ranked[0][1]:.3f}, threshold 0.900"
    track, fill, tick = (
        driver.execute_script("return arguments[0].getBoundingClientRect().toJSON()", element)
        for element in (bars[0], find(driver, ".bar .fill"), find(driver, ".bar .tick"))
    )
    assert fill["width"] == pytest.approx(ranked[0][1] * track["width"], abs=1)
    assert tick["x"] - track["x"] == pytest.approx(0.9 * track["width"], abs=2)
    for name in given:
        (expected,) = explain(tagger, [TEXT], label=name)
        pairs = zip(expected.sentences[0].words, expected.sentences[0].word_weights, strict=True)
        written = [
            [word, f"{weight:+.2f}".replace("-", "\N{MINUS SIGN}")] for word, weight in pairs
        ]
        assert words_of(driver, name) == written[:8]
    assert words_of(driver, ranked[2][0]) is None


def test_an_empty_text_has_no_labels_and_a_long_one_is_not_sent(page):
    driver = page()
    write(driver, TEXT)
    write(driver, "  \n ")
    assert shown(driver) == []
    assert find(driver, "#summary").text.startswith("The labels of the text appear here")
    write(driver, "\N{PILE OF POO}" * 300)
    assert shown(driver)
    assert find(driver, "#count").text == "300 of 300 characters"
    assert not find(driver, "#problem").is_displayed()
    write(driver, "x" * 301)
    message = "The text has 301 characters; at most 300 are taken. Shorten it."
    assert find(driver, "#problem").text == message
    find(driver, "#clear").click()
    wait_for(lambda: not find(driver, "#problem").is_displayed())
    assert find(driver, "#count").text == "0 of 300 characters"


def test_the_keyboard_reaches_all_and_opens_words(page):
    driver = page()
    write(driver, "hello")
    find(driver, "#text").send_keys(Keys.TAB)
    reached = []
    for _ in range(40):
        active = driver.switch_to.active_element
        if active.tag_name == "body":
            break
        assert driver.execute_script(
            "return getComputedStyle(arguments[0]).outlineStyle !== 'none'", active
        ), f"focus is not visible on {active.get_attribute('outerHTML')[:80]}"
        reached.append(active.accessible_name)
        if active.accessible_name == "Words for refund":
            assert words_of(driver, "refund") is None
            active.send_keys(Keys.ENTER)
            wait_for(lambda: state(driver, "busy") == "false" and words_of(driver, "refund") != [])
            assert driver.switch_to.active_element.accessible_name == "Words for refund"
            assert words_of(driver, "refund") is not None
            driver.switch_to.active_element.send_keys(Keys.SPACE)
            assert words_of(driver, "refund") is None
        driver.switch_to.active_element.send_keys(Keys.TAB)
    assert reached[:2] == ["Clear", "Choose a file"]
    assert "Words for refund" in reached
    assert len([name for name in reached if name.startswith("Words for ")]) == 10
    assert reached[-2:] == ["Model card", "Use it from a program"]
    for control in driver.find_elements(By.CSS_SELECTOR, "button, input, textarea"):
        assert not control.is_displayed() or control.accessible_name


def test_hostile_names_and_texts_stay_text_and_all_labels_can_be_shown(page, models):
    driver = page("hostile")
    write(driver, f"word0 word1 word2 word3 {HOSTILE}")
    assert find(driver, "#all").text == "Show all 13 labels"
    find(driver, "#all").click()
    assert sorted(name for name, _, _ in shown(driver)) == sorted(models["hostile"].label_names_)
    visible = [cell.text.removeprefix("\N{CHECK MARK} ") for cell in names_of(driver)]
    assert HOSTILE in visible
    assert "</script><b>" in visible
    counts = driver.execute_script(
        "return ['script', 'img', 'b', 'iframe'].map((t) => document.querySelectorAll(t).length)"
    )
    assert counts == [2, 0, 0, 0]  # the settings and the page's own script
    find(driver, "#all").click()
    assert len(shown(driver)) == 10


def names_of(driver):
    return driver.find_elements(By.CSS_SELECTOR, "#labels .name")


def test_what_is_not_the_pages_own_script_is_refused(page):
    driver = page(refused=["Content Security Policy"])
    driver.execute_script(
        "const s = document.createElement('script'); s.textContent = 'window.ran = true';"
        "document.body.append(s);"
    )
    assert driver.execute_script("return window.ran") is None
    assert driver.execute_script(
        "return performance.getEntriesByType('resource')"
        ".every((entry) => entry.name.startsWith(location.origin))"
    )


@pytest.mark.parametrize("name", ["tickets", "hostile"])
def test_the_model_card_is_shown_whole(page, models, name):
    driver, card = page(name), model_card(models[name])
    driver.execute_script("document.getElementById('card').open = true")
    tables = driver.execute_script(
        "return [...document.querySelectorAll('#card-text table')].map((t) => "
        "[...t.rows].map((row) => [...row.cells].map((cell) => cell.textContent)))"
    )
    labels = list(models[name].label_names_)
    assert [row[0] for row in tables[0]] == ["label", *labels]
    assert ["C", repr(models[name].get_params().get("C", 0))] in tables[1] or name == "tickets"
    heads = [head.text for head in driver.find_elements(By.CSS_SELECTOR, "#card-text h3")]
    written = [line.lstrip("# ") for line in card.splitlines() if line.startswith("#")]
    assert heads == written
    assert find(driver, "#about").text == written[0]
    assert "not stated yet." in find(driver, "#card-text ul").text
    assert {len(row) for row in tables[1]} == {2}  # a "|" in a value ends no cell
    pattern = models[name].get_params().get("token_pattern")
    assert pattern is None or ["token_pattern", repr(pattern)] in tables[1]


FILE = f'{TEXT}\r\n\n"quoted", with commas\n\N{PILE OF POO} =1+1\n' + "late\n" * 70
LINES = [TEXT, "", '"quoted", with commas', "\N{PILE OF POO} =1+1", *["late"] * 70]


def drop(driver, content, name="texts.txt"):
    """Drop a file on the page, and wait until it is done with it."""
    driver.execute_script(
        "document.documentElement.dataset.file = 'soon';"
        "const transfer = new DataTransfer();"
        "transfer.items.add(new File([new Uint8Array(arguments[0])], arguments[1]));"
        "for (const kind of ['dragover', 'drop']) document.body.dispatchEvent(new DragEvent(kind,"
        " { dataTransfer: transfer, bubbles: true, cancelable: true }));",
        list(content),
        name,
    )
    wait_for(lambda: state(driver, "file") == "done")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("name", ["tickets", "hostile"])
def test_a_dropped_file_comes_back_as_csv(page, models, tmp_path, name, encoding):
    driver, tagger = page(name), models[name]
    driver.execute_cdp_cmd(
        "Browser.setDownloadBehavior", {"behavior": "allow", "downloadPath": str(tmp_path)}
    )
    drop(driver, FILE.encode(encoding))
    label_sets, path = tagger.predict_labels(LINES), tmp_path / "texts-labels.csv"
    n_empty = sum(not labels for labels in label_sets)
    assert find(driver, "#file-said").text == f"texts.txt: 74 texts, {n_empty} without labels."
    assert find(driver, "#file-link").text == "Download texts-labels.csv"
    wait_for(path.exists)
    head, *rows = csv.reader(io.StringIO(path.read_text(encoding="utf-8"), newline=""))
    assert head == ["text", "labels", *(f"proba_{label}" for label in tagger.label_names_)]
    assert [row[0] for row in rows] == LINES
    if name == "hostile":  # a comma in a name
        assert [tuple(json.loads(row[1])) for row in rows] == label_sets
    else:
        assert [row[1] for row in rows] == [",".join(labels) for labels in label_sets]
    found = np.array([row[2:] for row in rows], dtype=float)
    assert found.tobytes() == tagger.predict_proba(LINES).tobytes()


def test_the_csv_is_that_of_the_command(page, models, tmp_path, capsys):
    import skmultitext
    from skmultitext._command import main

    driver = page()
    skmultitext.save(models["tickets"], tmp_path / "model")
    (tmp_path / "texts.txt").write_bytes(FILE.encode())
    driver.execute_cdp_cmd(
        "Browser.setDownloadBehavior", {"behavior": "allow", "downloadPath": str(tmp_path)}
    )
    driver.execute_script("document.documentElement.dataset.file = 'soon'")
    find(driver, "#file").send_keys(str(tmp_path / "texts.txt"))  # by the button
    wait_for(lambda: state(driver, "file") == "done")
    wait_for((tmp_path / "texts-labels.csv").exists)
    target = tmp_path / "command.csv"
    arguments = ["predict", tmp_path / "model", tmp_path / "texts.txt", "-o", target, "--proba"]
    assert main([*map(str, arguments), "--format", "lines"]) == 0, capsys.readouterr().err
    ours, theirs = (
        list(csv.reader(io.StringIO(path.read_text(encoding="utf-8"), newline="")))
        for path in (tmp_path / "texts-labels.csv", target)
    )
    assert [row[:2] for row in ours] == [row[:2] for row in theirs]
    assert [list(map(float, row[2:])) for row in ours[1:]] == [
        list(map(float, row[2:])) for row in theirs[1:]
    ]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "The file is empty."),
        (b"\xff\x00caf\xe9", "The file is not text in UTF-8. Save it as UTF-8, one text per line."),
        (b"a\n" + b"x" * 301, "Line 2 has 301 characters; at most 300 are taken. Shorten it."),
    ],
)
def test_a_file_that_cannot_be_tagged_is_said(page, content, message):
    driver = page()
    drop(driver, content)
    assert find(driver, "#file-said").text == message
    assert not find(driver, "#file-link").is_displayed()


def test_the_page_asks_for_the_token(page):
    driver = page("token", refused=["401 (Unauthorized)"])
    driver.execute_script("sessionStorage.clear()")
    driver.refresh()
    wait_for(lambda: state(driver, "ready") == "true")
    assert not find(driver, "#work").is_displayed()
    for wrong, message in (
        ("a b", "A token has no spaces and no letters beyond ASCII."),
        ("wrong", "The server does not know this token. Check it, or ask whoever runs the server."),
    ):
        field = find(driver, "#token")
        field.clear()
        field.send_keys(wrong + Keys.ENTER)
        wait_for(lambda message=message: find(driver, "#token-note").text == message)
    field.clear()
    field.send_keys(TOKEN)
    find(driver, "#token-form button").click()
    wait_for(lambda: find(driver, "#work").is_displayed())
    write(driver, TEXT)
    assert find(driver, "#summary").text == "2 labels: refund, billing"
    driver.refresh()  # kept in this tab
    wait_for(lambda: find(driver, "#work").is_displayed())
    assert driver.execute_script("return [localStorage.length, document.cookie]") == [0, ""]


def test_a_busy_server_is_asked_again_and_a_stopped_one_is_said(
    browser, page, ticket_tagger, urls, monkeypatch
):
    with running(make_app(ticket_tagger)) as url:
        urls["stopped"] = url
        driver = page("stopped", refused=["ERR_CONNECTION_REFUSED", "503 (Service Unavailable)"])
        from skmultitext.serving import _batching

        tries = count()
        submit = _batching.Batcher.submit

        async def sometimes(batcher, items):
            if next(tries) < 2:
                raise _batching.FullError
            return await submit(batcher, items)

        monkeypatch.setattr(_batching.Batcher, "submit", sometimes)
        write(driver, TEXT)
        assert find(driver, "#summary").text == "2 labels: refund, billing"
        assert next(tries) > 2
    write(driver, "late")
    assert find(driver, "#problem").text == "The server does not answer. Is it still running?"


@pytest.mark.parametrize("name", ["tickets", "hostile", "token"])
def test_a_phone_needs_no_sideways_scrolling(page, name):
    driver = page(name, refused=["401 (Unauthorized)"], width=360, height=740)
    if name != "token":
        write(driver, f"{TEXT} word0 {'w' * 200}")
        driver.execute_script("document.getElementById('card').open = true")
        driver.execute_script("document.getElementById('program').open = true")
    width = driver.execute_script("return [document.documentElement.scrollWidth, innerWidth]")
    assert width == [360, 360]


@pytest.mark.parametrize("dark", [False, True])
def test_all_text_has_contrast(page, dark):
    driver = page(dark=dark)
    write(driver, TEXT)
    driver.execute_script("document.getElementById('card').open = true")
    button = find(driver, "#theme")
    for _ in range(2):
        lowest, where = driver.execute_script(CONTRAST)[0]
        assert lowest >= 4.5, where
        before = button.text
        button.click()
        assert button.text != before
    assert button.text == ("Light colours" if dark else "Dark colours")
