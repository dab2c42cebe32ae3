"use strict";
(() => {
  const settings = JSON.parse(document.getElementById("settings").textContent);
  const $ = (id) => document.getElementById(id);
  const root = document.documentElement;
  const PAUSE = 300; // milliseconds without a key before a text is sent
  const FIRST_LABELS = 10;
  const OPEN_WORDS = 3; // labels whose words are shown unasked
  const SLOW = 1500; // milliseconds of an explanation that is not asked for again unasked
  const MOST_WORDS = 8;
  const TEXTS_AT_A_TIME = Math.min(settings.max_texts, 200);
  const LARGEST_FILE = 100e6;
  const TOKEN = "skmultitext token";

  /* All elements are made here; what the server says is only ever inserted as text. */
  function make(tag, attributes = {}, ...children) {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    element.append(...children);
    return element;
  }

  const count = (n) => n.toLocaleString("en");
  const several = (n, thing) => `${count(n)} ${thing}${n === 1 ? "" : "s"}`;
  const signed = (weight) => `${weight < 0 ? "−" : "+"}${Math.abs(weight).toFixed(2)}`;
  const letters = (text) => [...text].length; // as Python counts
  const pause = (milliseconds) => new Promise((go) => setTimeout(go, milliseconds));

  /* The server */

  class Refused extends Error {
    constructor(status, message) { super(message); this.status = status; }
  }

  async function ask(path, body, patience = 1) {
    const token = sessionStorage.getItem(TOKEN);
    const headers = token ? { Authorization: `Bearer ${token}` } : {};
    if (body) headers["Content-Type"] = "application/json";
    let response;
    try {
      response = await fetch(path, body ? { method: "POST", headers, body: JSON.stringify(body) } : { headers });
    } catch {
      throw new Refused(0, "The server does not answer. Is it still running?");
    }
    if (response.status === 503 && patience < 20) {
      await pause(Math.min(250 * patience, 2000));
      return ask(path, body, patience + 1);
    }
    if (response.status === 401) {
      showToken(token !== null);
      throw new Refused(401, "The server needs its token.");
    }
    if (!response.ok) throw new Refused(response.status, await reason(response));
    return response;
  }

  async function reason(response) {
    try {
      const { detail } = await response.json();
      return typeof detail === "string" ? detail : detail.map((one) => one.msg).join(" ");
    } catch {
      return `The server answers ${response.status}.`;
    }
  }

  function showProblem(message) {
    $("problem").textContent = message ?? "";
    $("problem").hidden = !message;
  }

  function showToken(wasWrong) {
    sessionStorage.removeItem(TOKEN);
    $("token-note").textContent = wasWrong
      ? "The server does not know this token. Check it, or ask whoever runs the server."
      : "This server needs a token. Ask whoever runs it. It is kept until this tab is closed.";
    $("token-form").hidden = false;
    $("work").hidden = $("more").hidden = true;
    $("token").focus();
  }

  $("token-form").addEventListener("submit", (event) => {
    event.preventDefault();
    const token = $("token").value.trim();
    if (!token) return;
    if (!/^[!-~]+$/.test(token)) { $("token-note").textContent = "A token has no spaces and no letters beyond ASCII."; return; }
    sessionStorage.setItem(TOKEN, token);
    $("token").value = "";
    start();
  });

  /* The labels of the text */

  let thresholds = new Map();
  let found = null; // the last answer, with the text that it is for
  let showsAll = false;
  let isSlow = false;
  const opened = new Map(); // what the reader opened or closed, by label
  const words = new Map(); // explanations of the shown text, by label

  let isDirty = false;
  let isWorking = false;
  let timer = null;

  // one request at a time: what is typed meanwhile is sent when it ends
  async function update() {
    clearTimeout(timer);
    isDirty = true;
    if (isWorking) return;
    isWorking = true;
    root.classList.add("busy");
    root.dataset.busy = "true";
    try {
      while (isDirty) {
        isDirty = false;
        await showText($("text").value);
      }
      showProblem(null);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      showProblem(error.message);
    } finally {
      isWorking = false;
      root.classList.remove("busy");
      root.dataset.busy = "false";
      if (isDirty) update();
    }
  }

  async function showText(text) {
    if (!text.trim()) {
      found = null;
      words.clear();
      draw();
      return;
    }
    const length = letters(text);
    if (length > settings.max_length) {
      throw new Refused(422, `The text has ${count(length)} characters; at most ${count(settings.max_length)} are taken. Shorten it.`);
    }
    if (found?.text !== text) {
      const answer = await (await ask("tag", { text })).json();
      found = { text, ...answer };
      words.clear();
      draw();
    }
    for (const name of shownNames().filter(isOpen)) {
      if (isDirty) return;
      if (!words.has(name)) await explain(name);
    }
  }

  async function explain(name) {
    const before = performance.now();
    const asked = opened.get(name) === true;
    try {
      words.set(name, await (await ask("explain", { text: found.text, label: name })).json());
    } catch (error) {
      if (!(error instanceof Refused) || error.status === 401) throw error;
      words.set(name, { problem: error.message });
    }
    if (!asked && performance.now() - before > SLOW) isSlow = true;
    if (!isDirty) draw();
  }

  function shownNames() {
    if (!found) return [];
    const given = new Set(found.labels);
    const entries = Object.entries(found.probabilities);
    entries.sort(([a, p], [b, q]) => given.has(b) - given.has(a) || q - p);
    const n = showsAll ? entries.length : Math.max(FIRST_LABELS, given.size);
    return entries.slice(0, n).map(([name]) => name);
  }

  function isOpen(name) {
    if (opened.has(name)) return opened.get(name);
    if (isSlow) return false;
    const at = shownNames().indexOf(name);
    return at < Math.min(OPEN_WORDS, Math.max(1, found.labels.length));
  }

  function draw() {
    const focused = document.activeElement?.dataset?.label;
    const names = shownNames();
    const given = new Set(found?.labels);
    $("labels").replaceChildren(...names.map((name) => makeRow(name, given.has(name))));
    if (focused !== undefined) {
      [...document.querySelectorAll(".row button")].find((b) => b.dataset.label === focused)?.focus();
    }
    const summary = !found
      ? ["The labels of the text appear here, the most probable first."]
      : found.labels.length
        ? [`${several(found.labels.length, "label")}: `, make("strong", {}, names.slice(0, given.size).join(", "))]
        : ["No label: none is above its threshold."];
    const said = summary.map((part) => part.textContent ?? part).join("");
    if ($("summary").textContent !== said) $("summary").replaceChildren(...summary);
    const n = found ? Object.keys(found.probabilities).length : 0;
    $("all").hidden = n <= Math.max(FIRST_LABELS, given.size);
    $("all").textContent = showsAll ? "Show fewer labels" : `Show all ${count(n)} labels`;
    $("legend").hidden = !found;
    $("tick-means").hidden = ![...thresholds.values()].some((value) => value !== null);
    const isLinear = [...words.values()].some(({ intercept }) => typeof intercept === "number");
    $("weight-means").textContent = isLinear
      ? "A word with + speaks for the label, with − against it; all weights and the intercept add up to the logit of the label."
      : "A word with + speaks for the label, with − against it: by the logit that the label would lose without the word.";
  }

  function makeRow(name, isGiven) {
    const proba = found.probabilities[name];
    const threshold = thresholds.get(name) ?? null;
    const bar = make("div", { class: "bar", role: "img", "aria-label":
      `probability ${proba.toFixed(3)}${threshold === null ? "" : `, threshold ${threshold.toFixed(3)}`}` },
      make("div", { class: "fill" }));
    bar.style.setProperty("--share", proba);
    if (threshold !== null) {
      bar.style.setProperty("--threshold", threshold);
      bar.append(make("div", { class: "tick" }));
      bar.title = `probability ${proba.toFixed(4)}, threshold ${threshold.toFixed(4)}`;
    }
    const mark = make("span", { class: "mark" }, isGiven ? "✓ " : "");
    mark.setAttribute("aria-label", isGiven ? "given: " : "");
    const open = isOpen(name);
    const button = make("button", { type: "button", "aria-expanded": open, "aria-label": `Words for ${name}` }, "Words");
    button.dataset.label = name;
    button.addEventListener("click", () => { opened.set(name, !open); draw(); update(); });
    const row = make("div", { class: "row" },
      make("div", { class: "name" }, ...(isGiven ? [mark] : []), name), bar,
      make("div", { class: "proba" }, proba.toFixed(3)), button);
    row.dataset.probability = proba;
    const item = make("li", isGiven ? { class: "given" } : {}, row);
    item.dataset.name = name;
    if (open) item.append(makeWords(name));
    return item;
  }

  function makeWords(name) {
    const explained = words.get(name);
    const threshold = thresholds.get(name) ?? null;
    const numbers = [`Probability ${found.probabilities[name].toFixed(4)}`];
    if (threshold !== null) numbers.push(`threshold ${threshold.toFixed(4)}`);
    if (typeof explained?.intercept === "number") numbers.push(`intercept ${signed(explained.intercept)}`);
    const box = make("div", { class: "words" }, make("p", { class: "quiet" }, `${numbers.join(", ")}.`));
    if (!explained) {
      box.append(make("p", { class: "quiet" }, "Asking for the words …"));
      return box;
    }
    if (explained.problem) {
      box.append(make("p", { class: "quiet" }, explained.problem));
      return box;
    }
    const isLinear = explained.intercept !== null;
    const all = explained.sentences.flatMap(({ words: texts, weights }) => texts.map((text, i) => [text, weights[i]]));
    const strongest = Math.max(...all.map(([, weight]) => Math.abs(weight)), 1e-9);
    // in the order of the text, except for a linear tagger, whose terms come with the strongest first
    const shown = isLinear ? all.slice(0, MOST_WORDS) : all;
    if (!all.length) box.append(make("p", { class: "quiet" }, "No word of this text is known to the model."));
    const list = make("p", {});
    for (const [text, weight] of shown) {
      const word = make("span", { class: `word ${weight < 0 ? "against" : "for"}` }, text,
        make("span", { class: "weight" }, signed(weight)));
      word.style.setProperty("--strength", Math.abs(weight) / strongest);
      list.append(word, " ");
    }
    if (all.length > shown.length) {
      list.append(make("span", { class: "quiet" }, `and ${several(all.length - shown.length, "weaker term")}`));
    }
    box.append(list);
    return box;
  }

  function showCount() {
    $("count").textContent = `${count(letters($("text").value))} of ${count(settings.max_length)} characters`;
  }

  $("text").addEventListener("input", () => {
    showCount();
    clearTimeout(timer);
    timer = setTimeout(update, PAUSE);
  });
  $("clear").addEventListener("click", () => {
    $("text").value = "";
    showCount();
    update();
    $("text").focus();
  });
  $("all").addEventListener("click", () => { showsAll = !showsAll; draw(); });

  /* A file of texts */

  let stopped = false;
  let isTagging = false;

  function linesOf(buffer) {
    const bytes = new Uint8Array(buffer);
    const isUtf16 = (bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff);
    const encoding = !isUtf16 ? "utf-8" : bytes[0] === 0xff ? "utf-16le" : "utf-16be";
    let text;
    try {
      text = new TextDecoder(encoding, { fatal: true }).decode(bytes);
    } catch {
      throw new Refused(0, "The file is not text in UTF-8. Save it as UTF-8, one text per line.");
    }
    const lines = text.split("\n").map((line) => line.replace(/\r$/, ""));
    if (lines.at(-1) === "") lines.pop();
    if (!lines.length) throw new Refused(0, "The file is empty.");
    lines.forEach((line, i) => {
      if (line.length > settings.max_length && letters(line) > settings.max_length) {
        throw new Refused(0, `Line ${count(i + 1)} has ${count(letters(line))} characters; at most ${count(settings.max_length)} are taken. Shorten it.`);
      }
    });
    return lines;
  }

  function* batches(lines) {
    const encoder = new TextEncoder();
    let batch = [];
    let size = 100;
    for (const line of lines) {
      const bytes = encoder.encode(JSON.stringify(line)).length + 1;
      if (batch.length && (batch.length >= TEXTS_AT_A_TIME || size + bytes > settings.max_bytes)) {
        yield batch;
        [batch, size] = [[], 100];
      }
      batch.push(line);
      size += bytes;
    }
    yield batch;
  }

  const cell = (value) => (/[",\r\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value);
  const csvRow = (values) => `${values.map((value) => cell(String(value))).join(",")}\n`;

  async function tagFile(file) {
    if (isTagging) return;
    isTagging = true;
    stopped = false;
    root.dataset.file = "busy";
    $("file-work").hidden = $("file-stop").hidden = $("file-progress").hidden = false;
    $("file-link").hidden = true;
    URL.revokeObjectURL($("file-link").href);
    $("file-progress").value = 0;
    const said = (text) => { $("file-said").textContent = text; };
    try {
      if (file.size > LARGEST_FILE) {
        throw new Refused(0, `The file has more than ${count(LARGEST_FILE / 1e6)} MB. Use the command: skmultitext predict MODEL FILE -o out.csv --proba`);
      }
      said(`Reading ${file.name}`);
      const lines = linesOf(await file.arrayBuffer());
      const names = [...thresholds.keys()];
      // a list where a name could not be told from several
      const isPlain = !names.some((name) => /[,[\](){}'"]/.test(name));
      const rows = [csvRow(["text", "labels", ...names.map((name) => `proba_${name}`)])];
      let n = 0;
      let nEmpty = 0;
      for (const batch of batches(lines)) {
        const { results } = await (await ask("tag_batch", { texts: batch })).json();
        if (stopped) break;
        results.forEach(({ labels, probabilities }, i) => {
          const joined = isPlain ? labels.join(",") : JSON.stringify(labels);
          rows.push(csvRow([batch[i], joined, ...names.map((name) => probabilities[name])]));
          nEmpty += labels.length === 0;
        });
        n += batch.length;
        $("file-progress").value = n / lines.length;
        said(`${file.name}: ${count(n)} of ${several(lines.length, "text")}`);
      }
      if (stopped) {
        said(`${file.name}: stopped after ${several(n, "text")}.`);
        return;
      }
      const link = $("file-link");
      link.href = URL.createObjectURL(new Blob(rows, { type: "text/csv" }));
      link.download = `${file.name.replace(/\.[^.]*$/, "")}-labels.csv`;
      link.textContent = `Download ${link.download}`;
      link.hidden = false;
      said(`${file.name}: ${several(lines.length, "text")}, ${count(nEmpty)} without labels.`);
      link.click();
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      said(error.message);
    } finally {
      isTagging = false;
      root.dataset.file = "done";
      $("file-stop").hidden = $("file-progress").hidden = true;
      $("file").value = "";
    }
  }

  $("choose").addEventListener("click", () => $("file").click());
  $("file").addEventListener("change", () => { if ($("file").files[0]) tagFile($("file").files[0]); });
  $("file-stop").addEventListener("click", () => { stopped = true; });
  const hasFile = (event) => event.dataTransfer?.types.includes("Files");
  document.addEventListener("dragover", (event) => {
    if (!hasFile(event)) return;
    event.preventDefault();
    root.classList.add("dragging");
  });
  document.addEventListener("dragleave", (event) => {
    if (!event.relatedTarget) root.classList.remove("dragging");
  });
  document.addEventListener("drop", (event) => {
    if (!hasFile(event)) return;
    event.preventDefault();
    root.classList.remove("dragging");
    if (event.dataTransfer.files[0]) tagFile(event.dataTransfer.files[0]);
  });

  /* The model card, in the Markdown that skmultitext writes */

  const ENTITIES = { amp: "&", lt: "<", gt: ">", quot: '"' };
  const plain = (text) => text
    .replace(/&(?:#(\d+)|#x([\da-f]+)|(amp|lt|gt|quot));/gi, (_, decimal, hex, name) =>
      name ? ENTITIES[name.toLowerCase()] : String.fromCodePoint(Math.min(decimal ? +decimal : parseInt(hex, 16), 0x10ffff)))
    .replace(/\\([\\`*_{}[\]()#+!|~$^])/g, "$1");

  function cellsOf(line) {
    const cells = line.trim().replace(/^\|/, "").match(/(?:\\.|[^\\|])*\|/g) ?? [];
    return cells.map((part) => plain(part.slice(0, -1).trim()));
  }

  function drawCard(markdown) {
    const parts = [];
    for (const block of markdown.split(/\n\s*\n/)) {
      const lines = block.split("\n").filter((line) => line.trim());
      if (!lines.length) continue;
      if (/^#+ /.test(lines[0])) {
        const text = plain(lines[0].replace(/^#+ /, ""));
        parts.push(make("h3", {}, text));
        lines.shift();
      }
      if (!lines.length) continue;
      if (lines.every((line) => line.trim().startsWith("|")) && lines.length > 1) {
        const head = make("tr", {}, ...cellsOf(lines[0]).map((text) => make("th", { scope: "col" }, text)));
        const rows = lines.slice(2).map((line) => make("tr", {}, ...cellsOf(line).map((text) => make("td", {}, text))));
        const table = make("table", {}, make("thead", {}, head), make("tbody", {}, ...rows));
        const name = parts.at(-1)?.textContent ?? "Table";
        parts.push(make("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": name }, table));
      } else if (lines.every((line) => line.startsWith("- "))) {
        parts.push(make("ul", {}, ...lines.map((line) => make("li", {}, plain(line.slice(2))))));
      } else {
        parts.push(make("p", {}, plain(lines.join(" "))));
      }
    }
    $("card-text").replaceChildren(...parts);
  }

  /* Colours */

  const darkness = matchMedia("(prefers-color-scheme: dark)");
  const isDark = () => (root.dataset.theme ? root.dataset.theme === "dark" : darkness.matches);
  const showTheme = () => { $("theme").textContent = isDark() ? "Light colours" : "Dark colours"; };
  $("theme").addEventListener("click", () => { root.dataset.theme = isDark() ? "light" : "dark"; showTheme(); });
  darkness.addEventListener("change", showTheme);
  showTheme();

  /* Start */

  async function start() {
    try {
      const { labels } = await (await ask("labels")).json();
      thresholds = new Map(labels.map(({ name, threshold }) => [name, threshold]));
      const card = await (await ask("card")).text();
      drawCard(card);
      const [, kind] = card.match(/^# (.*)$/m) ?? [];
      $("about").textContent = kind ? plain(kind) : several(labels.length, "label");
      $("token-form").hidden = true;
      $("work").hidden = $("more").hidden = false;
      draw();
      await update();
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      if (error.status !== 401) showProblem(error.message);
    } finally {
      root.dataset.ready = "true";
    }
  }

  $("command").value = `curl ${new URL("tag", location.href)} \\\n  -H "Content-Type: application/json" \\\n${
    settings.needs_token ? '  -H "Authorization: Bearer $TOKEN" \\\n' : ""}  -d '{"text": "..."}'`;
  $("command").rows = settings.needs_token ? 4 : 3;
  showCount();
  draw();
  $("main").hidden = false;
  start();
})();
