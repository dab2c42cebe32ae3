"use strict";
(() => {
  const data = JSON.parse(document.getElementById("report-data").textContent);
  const labels = data.labels;
  const $ = (id) => document.getElementById(id);
  const PAGE_OF_ERRORS = 20;

  /* All elements are made here; data is only ever inserted as text. */
  function make(tag, attributes = {}, ...children) {
    const svg = ["svg", "path", "line", "circle", "text"].includes(tag);
    const element = svg
      ? document.createElementNS("http://www.w3.org/2000/svg", tag)
      : document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    element.append(...children);
    return element;
  }

  const number = (value) => value.toLocaleString("en", { maximumFractionDigits: 1 });
  const fixed = (value) => (value === null || Number.isNaN(value) ? "–" : value.toFixed(3));
  const interval = (ends) =>
    ends && ends[0] !== null ? `${fixed(ends[0])} to ${fixed(ends[1])}` : "–";

  /* Counts and scores */

  // index of each label's slider among its cut-offs
  const start = labels.map((label) => (data.has_proba ? label.cut_offs.indexOf(label.threshold) : 0));
  const position = [...start];

  function counts(label, at) {
    return data.has_proba
      ? { hits: label.cut_hits[at], given: label.cut_given[at], support: label.support }
      : { hits: label.hits, given: label.given, support: label.support };
  }

  function scores({ hits, given, support }) {
    const ratio = (above, below) => (below > 0 ? above / below : data.zero_division);
    return {
      precision: ratio(hits, given),
      recall: ratio(hits, support),
      f1: ratio(2 * hits, given + support),
    };
  }

  function labelScores(j, at = position[j]) {
    const label = labels[j];
    if (label.support > 0) return scores(counts(label, at));
    const none = data.undefined === "skip" ? NaN : 0;
    return { precision: none, recall: none, f1: none };
  }

  function totals(positions) {
    // start with the labels that the page does not list
    const pooled = { ...data.rest.pooled };
    const sums = { ...data.rest.sums };
    const weighted = { ...data.rest.weighted };
    let n = data.rest.n;
    labels.forEach((label, j) => {
      const count = counts(label, positions[j]);
      for (const name of Object.keys(pooled)) pooled[name] += count[name];
      if (data.undefined === "zero" || label.support > 0) n += 1;
      if (label.support > 0) {
        const score = labelScores(j, positions[j]);
        for (const name of Object.keys(sums)) {
          sums[name] += score[name];
          weighted[name] += score[name] * label.support;
        }
      }
    });
    const none = { precision: 0, recall: 0, f1: 0 };
    const over = (sum, by) =>
      Object.fromEntries(Object.entries(sum).map(([name, value]) => [name, by > 0 ? value / by : 0]));
    const wrong = pooled.given + pooled.support - 2 * pooled.hits;
    return {
      micro: pooled.support > 0 ? scores(pooled) : none,
      macro: over(sums, n),
      weighted: over(weighted, pooled.support),
      hamming_loss: wrong / data.n_entries,
    };
  }

  function bestPosition(j) {
    const label = labels[j];
    if (!(label.support > 0)) return start[j];
    let best = 0;
    let value = -1;
    label.cut_offs.forEach((_, at) => {
      const f1 = scores(counts(label, at)).f1;
      if (f1 >= value) [best, value] = [at, f1];
    });
    return best;
  }

  /* Totals */

  const TOTALS = [
    ["micro", "f1", "Micro F1"], ["macro", "f1", "Macro F1"], ["weighted", "f1", "Weighted F1"],
    ["micro", "precision", "Micro precision"], ["micro", "recall", "Micro recall"],
    ["macro", "precision", "Macro precision"], ["macro", "recall", "Macro recall"],
    ["hamming_loss", null, "Hamming loss"],
  ];
  const atStart = totals(start);
  const pick = (all, [average, score]) => (score ? all[average][score] : all[average]);
  const boxes = TOTALS.map((total) => {
    const value = make("div", { class: "value", "data-total": `${total[0]}${total[1] ? `_${total[1]}` : ""}` });
    const was = make("div", { class: "was" });
    $("totals").append(make("div", { class: "total" }, make("div", { class: "name" }, total[2]), value, was));
    return { total, value, was };
  });

  function showTotals() {
    const now = totals(position);
    for (const { total, value, was } of boxes) {
      const current = pick(now, total);
      const before = pick(atStart, total);
      value.textContent = fixed(current);
      value.dataset.value = current;
      const ends = data.intervals[total[1] ? `${total[1]}_${total[0]}` : total[0]];
      was.textContent = current !== before
        ? `report: ${fixed(before)}`
        : ends ? interval(ends) : "";
    }
  }

  /* The table of labels */

  const COLUMNS = [
    { key: "name", title: "Label", text: true },
    { key: "support", title: "Support" },
    ...(data.has_unknown ? [{ key: "known", title: "Known" }] : []),
    ...(data.has_proba ? [{ key: "threshold", title: "Threshold" }] : []),
    { key: "f1", title: "F1" },
    { key: "precision", title: "Precision" },
    { key: "recall", title: "Recall" },
    ...(data.has_proba ? [{ key: "average_precision", title: "AP" }] : []),
    ...(labels.some((label) => label.interval)
      ? [{ key: "interval", title: `F1, ${+(100 * data.confidence_level).toFixed(2)} %` }]
      : []),
  ];
  const rows = labels.map(makeRow);
  let sorting = { key: null, ascending: true };
  let selected = 0;

  function makeRow(label, j) {
    const cells = {};
    const name = data.has_proba
      ? make("button", { type: "button", title: label.name }, label.name)
      : make("span", { title: label.name }, label.name);
    if (data.has_proba) {
      name.addEventListener("click", () => {
        select(j);
        $("panel").scrollIntoView({ block: "nearest" }); // below the table on a narrow screen
      });
    }
    const head = make("th", { scope: "row" }, name);
    if (label.depth) head.style.paddingLeft = `${0.5 + 1.1 * label.depth}rem`;
    const row = make("tr", {}, head);
    for (const { key } of COLUMNS.slice(1)) {
      const cell = make("td", { "data-key": key });
      if (key === "threshold") {
        cell.className = "slide";
        cells.slider = make("input", {
          type: "range", min: 0, max: label.cut_offs.length - 1, step: 1,
          "aria-label": `Threshold of ${label.name}`,
        });
        cells.output = make("output");
        cells.slider.addEventListener("input", () => move(j, +cells.slider.value));
        cells.slider.addEventListener("focus", () => select(j));
        cell.append(make("span", { class: "pair" }, cells.slider, cells.output));
      }
      if (key === "f1") cell.className = "bar";
      cells[key] = cell;
      row.append(cell);
    }
    cells.support.textContent = number(label.support);
    if (cells.known) cells.known.textContent = number(label.known);
    if (cells.average_precision) cells.average_precision.textContent = fixed(label.average_precision);
    if (cells.interval) cells.interval.textContent = interval(label.interval);
    return { row, cells };
  }

  function valueOf(j, key) {
    const label = labels[j];
    if (key === "threshold") return label.cut_offs[position[j]];
    if (key === "interval") return label.interval ? label.interval[0] : null;
    return key in label ? label[key] : labelScores(j)[key];
  }

  function showRow(j) {
    const { cells } = rows[j];
    const score = labelScores(j);
    for (const key of ["precision", "recall", "f1"]) {
      cells[key].textContent = fixed(score[key]);
      cells[key].dataset.value = score[key];
    }
    cells.f1.style.setProperty("--share", Number.isNaN(score.f1) ? 0 : score.f1);
    if (data.has_proba) showSlider(cells.slider, cells.output, j, score);
  }

  function showSlider(slider, output, j, score) {
    const threshold = labels[j].cut_offs[position[j]];
    slider.value = position[j];
    slider.setAttribute("aria-valuetext", `${fixed(threshold)}, F1 ${fixed(score.f1)}`);
    output.textContent = fixed(threshold);
    output.dataset.value = threshold;
  }

  function move(j, at) {
    position[j] = at;
    showRow(j);
    showTotals();
    if (j !== selected) select(j);
    showPanel();
  }

  function moveAll(where) {
    labels.forEach((_, j) => {
      position[j] = where(j);
      showRow(j);
    });
    showTotals();
    showPanel();
  }

  const collator = new Intl.Collator("en", { numeric: true, sensitivity: "base" });
  function sort(key) {
    const text = COLUMNS.find((column) => column.key === key).text;
    // numbers are sorted from the greatest down at first, names from A
    const ascending = sorting.key === key ? !sorting.ascending : Boolean(text);
    sorting = { key, ascending };
    const order = labels.map((_, j) => j);
    const missing = (value) => value === null || Number.isNaN(value);
    order.sort((a, b) => {
      const [x, y] = [valueOf(a, key), valueOf(b, key)];
      if (missing(x) || missing(y)) return missing(x) - missing(y) || a - b;
      const difference = text ? collator.compare(x, y) : x - y;
      return (ascending ? difference : -difference) || a - b;
    });
    $("table").tBodies[0].append(...order.map((j) => rows[j].row));
    for (const head of $("table").tHead.rows[0].cells) {
      if (head.dataset.key === key) head.setAttribute("aria-sort", ascending ? "ascending" : "descending");
      else head.removeAttribute("aria-sort");
    }
  }

  function filter() {
    const words = $("filter").value.toLowerCase().split(/\s+/).filter(Boolean);
    let n = 0;
    labels.forEach((label, j) => {
      const name = label.name.toLowerCase();
      const hit = words.every((word) => name.includes(word));
      rows[j].row.hidden = !hit;
      n += hit;
    });
    $("found").textContent = words.length ? `${number(n)} of ${number(labels.length)} labels` : "";
  }

  /* Precision-recall curve of the selected label */

  const BOX = { left: 44, top: 24, width: 266, height: 214 };
  const X = (recall) => BOX.left + recall * BOX.width;
  const Y = (precision) => BOX.top + (1 - precision) * BOX.height;
  let points = [];

  function drawCurve() {
    const label = labels[selected];
    const svg = make("svg", {
      viewBox: "0 0 320 278", role: "img",
      "aria-label": `Precision-recall curve of ${label.name}, average precision ${fixed(label.average_precision)}`,
    });
    for (const tick of [0, 0.25, 0.5, 0.75, 1]) {
      svg.append(
        make("line", { class: "grid", x1: X(0), x2: X(1), y1: Y(tick), y2: Y(tick) }),
        make("line", { class: "grid", x1: X(tick), x2: X(tick), y1: Y(0), y2: Y(1) }),
      );
      if (tick === 0.25 || tick === 0.75) continue;
      svg.append(
        make("text", { x: X(0) - 6, y: Y(tick) + 4, "text-anchor": "end" }, String(tick)),
        make("text", { x: X(tick), y: Y(0) + 15, "text-anchor": "middle" }, String(tick)),
      );
    }
    svg.append(
      make("text", { x: X(0.5), y: Y(0) + 32, "text-anchor": "middle" }, "Recall"),
      make("text", { x: 12, y: Y(0.5), "text-anchor": "middle", transform: `rotate(-90 12 ${Y(0.5)})` }, "Precision"),
    );
    for (const f1 of [0.2, 0.4, 0.6, 0.8]) {
      let path = "";
      for (let r = f1 / (2 - f1); r < 1.0001; r += 0.01) {
        path += `${path ? "L" : "M"}${X(Math.min(r, 1)).toFixed(1)} ${Y((f1 * r) / (2 * r - f1)).toFixed(1)}`;
      }
      svg.append(make("path", { class: "iso", d: path }));
      svg.append(make("text", { x: X(f1 / (2 - f1)), y: Y(1) - 7, "text-anchor": "middle" }, `${f1 === 0.2 ? "F1 " : ""}${f1}`));
    }
    points = label.cut_offs
      .map((_, at) => ({ at, ...counts(label, at) }))
      .filter((point) => point.given > 0 && point.support > 0)
      .map((point) => ({ at: point.at, ...scores(point) }))
      .reverse(); // from the highest threshold down, so that recall rises
    let line = "";
    points.forEach((point, i) => {
      const [x, y] = [X(point.recall).toFixed(1), Y(point.precision).toFixed(1)];
      // steps: precision is constant back to the previous recall, nothing is interpolated
      line += i ? `V${y}H${x}` : `M${X(0)} ${y}H${x}`;
    });
    if (line) svg.append(make("path", { class: "line", d: line }));
    svg.append(make("circle", { class: "was", r: 5, id: "curve-was" }));
    svg.append(make("circle", { class: "now", r: 6, id: "curve-now" }));
    svg.addEventListener("click", (event) => {
      const area = svg.getBoundingClientRect();
      const [x, y] = [(event.clientX - area.left) / area.width * 320, (event.clientY - area.top) / area.height * 278];
      const distance = (point) => (X(point.recall) - x) ** 2 + (Y(point.precision) - y) ** 2;
      if (points.length) move(selected, points.reduce((a, b) => (distance(b) < distance(a) ? b : a)).at);
    });
    $("curve").replaceChildren(svg);
  }

  function placePoint(id, at, wanted) {
    const count = counts(labels[selected], at);
    const circle = $(id);
    const shown = wanted && count.given > 0 && count.support > 0;
    circle.setAttribute("visibility", shown ? "visible" : "hidden");
    if (!shown) return;
    const score = scores(count);
    circle.setAttribute("cx", X(score.recall));
    circle.setAttribute("cy", Y(score.precision));
  }

  function select(j) {
    if (!data.has_proba) return;
    rows[selected].row.removeAttribute("aria-current");
    selected = j;
    rows[j].row.setAttribute("aria-current", "true");
    $("panel-name").textContent = labels[j].name;
    $("panel-slider").max = labels[j].cut_offs.length - 1;
    drawCurve();
    showPanel();
  }

  function showPanel() {
    if (!data.has_proba) return;
    const label = labels[selected];
    const at = position[selected];
    const count = counts(label, at);
    const score = labelScores(selected);
    showSlider($("panel-slider"), $("panel-value"), selected, score);
    placePoint("curve-was", start[selected], at !== start[selected]);
    placePoint("curve-now", at, true);
    const numbers = [
      ["Precision", fixed(score.precision)], ["Recall", fixed(score.recall)], ["F1", fixed(score.f1)],
      ["Correct", number(count.hits)], ["Wrong", number(count.given - count.hits)],
      ["Missed", number(count.support - count.hits)],
    ];
    $("panel-numbers").replaceChildren(
      ...numbers.map(([name, value]) => make("div", {}, make("dt", {}, name), make("dd", {}, value))),
    );
    if ($("thresholds").closest("details").open) showThresholds();
  }

  function showThresholds() {
    const taken = labels.map((label, j) => [label.name, label.cut_offs[position[j]]]);
    $("thresholds").value = JSON.stringify(Object.fromEntries(taken), null, 1);
  }

  /* Errors */

  let errorsShown = PAGE_OF_ERRORS;
  const namesOf = (indices) => (indices.length ? indices.map((j) => labels[j].name).join(", ") : "none");

  function showErrors() {
    const [label, kind] = [$("error-label").value, $("error-kind").value];
    const chosen = data.errors.filter(
      (error) => (label === "" || error.label === +label) && (kind === "" || error.missed === (kind === "missed")),
    );
    $("error-list").replaceChildren(...chosen.slice(0, errorsShown).map(makeError));
    $("errors-found").textContent = chosen.length
      ? `${number(Math.min(errorsShown, chosen.length))} of ${number(chosen.length)} errors on this page`
      : "No errors of this kind.";
    $("more").hidden = errorsShown >= chosen.length;
  }

  function makeError(error) {
    const found = data.documents[error.document];
    const kind = make("span", { class: `kind ${error.missed ? "missed" : "given"}` }, error.missed ? "Missed" : "Wrongly given");
    const chance = "probability" in error
      ? `, probability ${fixed(error.probability)}, threshold ${fixed(labels[error.label].threshold)}`
      : "";
    return makeItem(kind, error.label, `${chance}, row ${found.row}`, found);
  }

  function makeItem(kind, j, more, found) {
    const item = make("li", {},
      make("p", { class: "what" }, kind, " ", make("strong", {}, labels[j].name), make("span", { class: "quiet" }, more)));
    if (data.has_texts) {
      item.append(make("p", { class: "text", dir: "auto" }, found.text === "" ? "(an empty text)" : found.text + (found.cut ? " …" : "")));
    }
    const tags = make("p", { class: "tags" }, `True: ${namesOf(found.true)}`, make("br"), `Predicted: ${namesOf(found.given)}`);
    if (found.unknown && found.unknown.length) tags.append(make("br"), `Not known: ${namesOf(found.unknown)}`);
    item.append(tags);
    return item;
  }

  /* Doubtful labels */

  let doubtfulShown = PAGE_OF_ERRORS;

  function chosenDoubtful() {
    const words = $("doubtful-search").value.toLowerCase().split(/\s+/).filter(Boolean);
    const kind = $("doubtful-kind").value;
    return data.doubtful.filter((entry) => {
      if (kind !== "" && entry.extra !== (kind === "extra")) return false;
      const all = `${labels[entry.label].name} ${data.documents[entry.document].text ?? ""}`.toLowerCase();
      return words.every((word) => all.includes(word));
    });
  }

  function showDoubtful() {
    const chosen = chosenDoubtful();
    $("doubtful-list").replaceChildren(...chosen.slice(0, doubtfulShown).map((entry) => {
      const found = data.documents[entry.document];
      const kind = make("span", { class: `kind ${entry.extra ? "given" : "missed"}` }, entry.extra ? "Extra" : "Missing");
      return makeItem(kind, entry.label, `, probability ${fixed(entry.probability)}, row ${found.row}`, found);
    }));
    $("doubtful-found").textContent = chosen.length
      ? `${number(Math.min(doubtfulShown, chosen.length))} of ${number(chosen.length)} doubtful labels on this page`
      : "No doubtful labels of this kind.";
    $("doubtful-more").hidden = doubtfulShown >= chosen.length;
  }

  /* One line of a CSV file; a cell that a spreadsheet would read as a formula is preceded by '. */
  function line(cells) {
    return cells.map((cell) => {
      const text = /^[=+\-@\t\r]/.test(cell) ? `'${cell}` : String(cell);
      return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
    }).join(",") + "\r\n";
  }

  function saveDoubtful() {
    const texts = data.has_texts ? ["text"] : [];
    const lines = chosenDoubtful().map((entry) => {
      const found = data.documents[entry.document];
      const cells = [found.row, labels[entry.label].name, entry.extra ? "extra" : "missing", entry.probability];
      return line(data.has_texts ? [...cells, found.text] : cells);
    });
    const file = new Blob([line(["document", "label", "reason", "probability", ...texts]), ...lines], { type: "text/csv" });
    const link = make("a", { href: URL.createObjectURL(file), download: "doubtful_labels.csv" });
    link.click();
    URL.revokeObjectURL(link.href);
  }

  /* Labels that occur together */

  const shown = data.cooccurrence.labels;
  let heat = [];

  function drawHeat(kind) {
    const matrix = data.cooccurrence[kind];
    // documents with the label of the row of which that of the column is known
    const known = data.cooccurrence[`${kind}_of`];
    $("heat-true").setAttribute("aria-pressed", kind === "true");
    $("heat-given").setAttribute("aria-pressed", kind === "given");
    const head = make("tr", {}, make("td"));
    for (const j of shown) head.append(make("th", { scope: "col", title: labels[j].name }, make("span", {}, labels[j].name)));
    heat = [];
    const lines = shown.map((j, a) => {
      const line = make("tr", {}, make("th", { scope: "row", title: labels[j].name }, labels[j].name));
      heat.push(shown.map((k, b) => {
        const cell = make("td", { role: "gridcell", tabindex: "-1" });
        const [both, own] = [matrix[a][b], known ? known[a][b] : matrix[a][a]];
        const share = own > 0 ? both / own : 0;
        if (a === b) {
          cell.className = "self";
        } else {
          const depth = Math.sqrt(share);
          cell.style.setProperty("--share", depth.toFixed(3));
          cell.textContent = share >= 0.005 ? String(Math.round(100 * share)) : "";
          // depths at which white becomes more legible than black, in the dark and in the light theme
          if (depth > 0.48) cell.className = depth > 0.75 ? "strong" : "middle";
        }
        const said = a === b
          ? `${labels[j].name}: ${number(own)} documents`
          : `${labels[j].name} and ${labels[k].name}: ${number(both)} documents, ${(100 * share).toFixed(1)} % of those with ${labels[j].name}${known ? ` of which ${labels[k].name} is known` : ""}`;
        cell.setAttribute("aria-label", said);
        cell.addEventListener("mouseenter", () => { $("heat-said").textContent = said; });
        cell.addEventListener("focus", () => { $("heat-said").textContent = said; });
        cell.addEventListener("keydown", (event) => walk(event, a, b));
        cell.addEventListener("click", () => focusCell(a, b));
        line.append(cell);
        return cell;
      }));
      return line;
    });
    if (heat.length) heat[0][0].setAttribute("tabindex", "0");
    $("heat").replaceChildren(make("thead", {}, head), make("tbody", {}, ...lines));
  }

  function focusCell(a, b) {
    heat.flat().forEach((cell) => cell.setAttribute("tabindex", "-1"));
    heat[a][b].setAttribute("tabindex", "0");
    heat[a][b].focus();
  }

  function walk(event, a, b) {
    const last = heat.length - 1;
    const to = {
      ArrowRight: [a, b + 1], ArrowLeft: [a, b - 1], ArrowDown: [a + 1, b], ArrowUp: [a - 1, b],
      Home: [a, 0], End: [a, last],
    }[event.key];
    if (!to) return;
    event.preventDefault();
    focusCell(...to.map((i) => Math.max(0, Math.min(last, i))));
  }

  /* Light and dark */

  const prefersDark = window.matchMedia("(prefers-color-scheme: dark)");
  const isDark = () => (document.documentElement.dataset.theme || (prefersDark.matches ? "dark" : "light")) === "dark";
  const nameTheme = () => { $("theme").textContent = isDark() ? "Light colours" : "Dark colours"; };
  $("theme").addEventListener("click", () => {
    document.documentElement.dataset.theme = isDark() ? "light" : "dark";
    nameTheme();
  });
  prefersDark.addEventListener("change", nameTheme);
  nameTheme();

  /* Texts that never change */

  function writeNotes() {
    $("summary").textContent = `${number(data.n_samples)} documents, ${number(data.n_labels)} labels`
      + (data.has_unknown ? `, ${(100 * data.known_share).toFixed(1)} % of their entries known` : "");
    const exact = `Exact match ${fixed(data.exact_match)}`
      + (data.intervals.exact_match ? ` (${interval(data.intervals.exact_match)})` : "");
    const averages = Object.entries(data.averages)
      .filter(([, score]) => typeof score.average_precision === "number")
      .map(([name, score]) => `${name} ${fixed(score.average_precision)}`);
    $("fixed").textContent = `${exact} and samples F1 ${fixed(data.averages.samples.f1)} are those of the report and do not follow the sliders.`
      + (data.hierarchical ? ` So are hierarchical precision ${fixed(data.hierarchical.precision)}, recall ${fixed(data.hierarchical.recall)} and F1 ${fixed(data.hierarchical.f1)}.` : "")
      + (averages.length ? ` Average precision, which has no threshold: ${averages.join(", ")}.` : "");
    $("errors-note").textContent = data.has_proba
      ? "Wrong decisions at the thresholds of the report, a few per label; the most extreme probabilities come first."
      : "Wrong decisions, a few per label; documents with the most wrong labels come first.";
    $("errors-note").textContent += " Rows are counted from 0.";
    $("heat-note").textContent = "Each cell: of the documents with the label of the row, the percentage that also have the label of the column; colours follow a square-root scale. Arrow keys move from cell to cell."
      + (shown.length < labels.length ? ` Only the ${shown.length} labels with the highest support are shown.` : "");
    const notes = [
      labels.length < data.n_labels && `Listed are the ${number(labels.length)} labels with the highest support; averages count all, and sliders move the listed ones.`,
      data.has_proba && `A label is given where its probability exceeds the threshold. Each slider stops at up to about ${Math.max(...labels.map((label) => label.cut_offs.length))} thresholds of its label; all scores there are exact, and the threshold of the best F1 is among them.`,
      data.has_proba && "Best F1 is the best on these documents, which is optimistic: tune thresholds on other documents than those you report on.",
      data.has_proba && "The curve joins the points of the sliders in steps, without interpolation; the hollow point is the threshold of the report.",
      "Micro pools all decisions; macro is the mean over labels; weighted is the mean weighted by support.",
      data.has_unknown && "Unknown labels take no part: each label is scored on the documents of which it is known, micro and Hamming loss pool all known entries, and predictions of unknown labels are not counted or listed.",
      data.hierarchical && "Labels are indented below one of the labels that they imply. Hierarchical scores pool true and given labels with all labels that they imply.",
      data.undefined === "skip" && "Labels without a positive have no score and are left out of the macro average.",
      Object.keys(data.intervals).length && `Intervals are percentile bootstrap intervals over documents, level ${data.confidence_level}; they hold at the thresholds of the report.`,
      "The page loads nothing and sends nothing.",
    ];
    $("notes").append(...notes.filter(Boolean).map((note) => make("li", {}, note)));
  }

  /* Start */

  for (const { key, title } of COLUMNS) {
    const button = make("button", { type: "button" }, title);
    button.addEventListener("click", () => sort(key));
    $("table").tHead.rows[0].append(make("th", { scope: "col", "data-key": key }, button));
  }
  $("table").tBodies[0].append(...rows.map(({ row }) => row));
  labels.forEach((_, j) => showRow(j));
  $("filter").addEventListener("input", filter);
  $("error-label").append(make("option", { value: "" }, "All labels"), ...labels.map((label, j) => make("option", { value: j }, label.name)));
  for (const id of ["error-label", "error-kind"]) {
    $(id).addEventListener("change", () => { errorsShown = PAGE_OF_ERRORS; showErrors(); });
  }
  $("more").addEventListener("click", () => { errorsShown += PAGE_OF_ERRORS; showErrors(); });
  for (const [id, event] of [["doubtful-search", "input"], ["doubtful-kind", "change"]]) {
    $(id).addEventListener(event, () => { doubtfulShown = PAGE_OF_ERRORS; showDoubtful(); });
  }
  $("doubtful-more").addEventListener("click", () => { doubtfulShown += PAGE_OF_ERRORS; showDoubtful(); });
  $("doubtful-csv").addEventListener("click", saveDoubtful);
  $("heat-true").addEventListener("click", () => drawHeat("true"));
  $("heat-given").addEventListener("click", () => drawHeat("given"));

  if (data.has_proba) {
    const onGrid = data.grid.map((threshold) => labels.map((label) => label.cut_offs.indexOf(threshold)));
    $("all").max = data.grid.length - 1;
    const sayAll = (threshold) => {
      $("all-value").textContent = threshold === null ? "–" : threshold.toFixed(2);
      $("all").setAttribute("aria-valuetext", threshold === null ? "not the same for all" : threshold.toFixed(2));
    };
    const common = labels.every((label) => label.threshold === labels[0].threshold) ? data.grid.indexOf(labels[0].threshold) : -1;
    $("all").value = common >= 0 ? common : (data.grid.length - 1) / 2;
    sayAll(common >= 0 ? data.grid[common] : null);
    $("all").addEventListener("input", () => {
      const at = +$("all").value;
      moveAll((j) => onGrid[at][j]);
      sayAll(data.grid[at]);
    });
    $("best-all").addEventListener("click", () => { moveAll(bestPosition); sayAll(null); });
    $("reset-all").addEventListener("click", () => { moveAll((j) => start[j]); sayAll(common >= 0 ? data.grid[common] : null); });
    $("panel-slider").addEventListener("input", () => move(selected, +$("panel-slider").value));
    $("panel-best").addEventListener("click", () => move(selected, bestPosition(selected)));
    $("panel-reset").addEventListener("click", () => move(selected, start[selected]));
    $("panel-errors").addEventListener("click", () => {
      $("error-label").value = selected;
      errorsShown = PAGE_OF_ERRORS;
      showErrors();
      $("errors").scrollIntoView();
      $("error-label").focus();
    });
    $("thresholds").closest("details").addEventListener("toggle", showThresholds);
  } else {
    document.querySelectorAll("[data-needs='proba']").forEach((element) => { element.hidden = true; });
    document.querySelector(".split").classList.add("alone");
  }
  writeNotes();
  showTotals();
  select(0);
  showErrors();
  showDoubtful();
  drawHeat("true");
  $("main").hidden = false;
  document.documentElement.dataset.ready = "true";
})();
