// Charts of figures that a page hands over, drawn with uPlot.
//
//   <figure class="ct-chart" data-chart="ID" aria-label="Clicks by day"></figure>   {{ data|json_script:"ID" }}
//
//   {"kind": "line" | "bar", "unit": "count" | "money" | "percent", "currency": "EUR", "decimals": 2,
//    "labels": ["2026-11-01", ...], "before_labels": ["2026-10-25", ...],
//    "series": [{"name": "Clicks", "values": [3, null, ...]}, {"name": "The week before", "values": [...], "before": true}]}
//
// Labels are days, months (2026-11), hours (2026-11-01T14:00+01:00) or any text. Money comes in minor units, a rate in
// percent; null is a gap. `decimals` and `before_labels` may be left out. `before` series are of the period before: dashed, lighter.
// `open_from` is the place of the first label whose hour, day or month is not over, `open_name` says so in words: what begins
// there is drawn as unfinished, dotted with a hollow point, or as a hollow bar. Left out or null: everything is over.
// Numbers and days are written in the language of the page. A screen reader finds a table instead of the picture, the
// arrow keys walk along a chart that has the focus. What htmx brings into the page later is drawn too.
(() => {
  "use strict";

  const COLORS = 5;
  const charts = new Set();

  const language = () => document.documentElement.lang || undefined;
  const make = (tag, name, text) => {
    const made = document.createElement(tag);
    if (name) made.className = name;
    if (text !== undefined) made.textContent = text;
    return made;
  };

  // Numbers

  const numbers = (data) => {
    const money = { style: "currency", currency: data.currency || "EUR", currencyDisplay: "code" };
    const digits = data.decimals ?? new Intl.NumberFormat("en", money).resolvedOptions().maximumFractionDigits;
    const fixed = { minimumFractionDigits: digits, maximumFractionDigits: digits };
    const rate = { minimumFractionDigits: 2, maximumFractionDigits: 2 }; // As in the tables beside it.
    const styles = { money: { ...money, ...fixed }, percent: rate };
    const plain = new Intl.NumberFormat(language(), styles[data.unit] || { maximumFractionDigits: 0 });
    const short = new Intl.NumberFormat(language(), { notation: "compact", maximumSignificantDigits: 3 });
    const scale = data.unit === "money" ? 10 ** digits : 1;
    const mark = data.unit === "percent" ? "\u00a0%" : "";
    const say = (format) => (value) => (value == null ? "–" : format.format(value / scale) + mark);
    return { full: say(plain), short: say(short), scale };
  };

  // Days, hours, months

  const moment = (label) => {
    const found = /^(\d{4})-(\d\d)(?:-(\d\d)(?:T(\d\d):(\d\d))?)?/.exec(label);
    if (!found || !/^\d{4}-\d\d(-\d\d(T\d\d:\d\d([+-]\d\d:\d\d|Z)?)?)?$/.test(label)) return null;
    const [year, month, day = "01", hour = "00", minute = "00"] = found.slice(1);
    return { at: new Date(Date.UTC(year, month - 1, day, hour, minute)), grain: found[4] ? "hour" : found[3] ? "day" : "month" };
  };
  const STYLES = {
    hour: { long: { weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" }, short: { hour: "2-digit", minute: "2-digit" } },
    day: { long: { weekday: "short", day: "numeric", month: "short", year: "numeric" }, short: { day: "numeric", month: "short" } },
    month: { long: { month: "long", year: "numeric" }, short: { month: "short", year: "numeric" } },
  };
  const LETTER = 6; // pixels of a letter below a bar, about
  const FEWEST_LETTERS = 8;
  const labelText = (label, length) => {
    const found = moment(label);
    if (!found) return label;
    const style = { ...STYLES[found.grain][length], timeZone: "UTC", hourCycle: "h23" };
    return new Intl.DateTimeFormat(language(), style).format(found.at);
  };

  // Names below bars: without their numbers where that leaves each one by itself, cut where there is no room for them.
  const barNames = (labels, room) => {
    const most = Math.max(FEWEST_LETTERS, Math.floor(room / Math.max(labels.length, 1) / LETTER));
    const cut = (name) => (name.length > most ? `${name.slice(0, most - 1).trimEnd()}…` : name);
    const plain = labels.map((label) => label.replace(/ \(\d+\)$/, ""));
    return plain.map((name, place) => (plain.indexOf(name) === plain.lastIndexOf(name) ? cut(name) : cutKeepingNumber(labels[place], most)));
  };
  const cutKeepingNumber = (label, most) => {
    const number = / \(\d+\)$/.exec(label)?.[0] || "";
    const name = label.slice(0, label.length - number.length);
    const letters = Math.max(1, most - number.length);
    return name.length > letters ? `${name.slice(0, letters).trimEnd()}…${number}` : label;
  };

  // Beside the picture: legend, tooltip, table

  const colored = (data) => {
    let now = 0;
    let before = 0;
    return data.series.map((one) => ({ ...one, color: ((one.before ? before++ : now++) % COLORS) + 1 }));
  };
  const mark = (one) => {
    const made = make("span", `ct-chart-mark${one.before ? " ct-chart-before" : ""}`);
    made.dataset.color = one.color;
    return made;
  };

  const legend = (data, series) => {
    const list = make("ul", "ct-chart-legend");
    list.setAttribute("aria-hidden", "true");
    for (const one of series) {
      const item = make("li");
      item.append(mark(one), make("span", "", one.name));
      list.append(item);
    }
    if (hasOpen(data)) {
      const sign = make("span", data.kind === "bar" ? "ct-chart-mark ct-chart-hollow" : "ct-chart-mark ct-chart-open");
      sign.dataset.color = 1;
      const item = make("li");
      item.append(sign, make("span", "", data.open_name));
      list.append(item);
    }
    return list;
  };
  const isOpen = (data, place) => data.open_from != null && place >= data.open_from && data.series[0]?.values[place] != null;
  const hasOpen = (data) => data.labels.some((_, place) => isOpen(data, place));

  const table = (data, series, caption, format) => {
    const made = make("table");
    made.append(make("caption", "", caption));
    const head = made.createTHead().insertRow();
    head.append(make("td"));
    for (const one of series) head.append(heading(one.name, "col"));
    const body = made.createTBody();
    data.labels.forEach((label, place) => {
      const row = body.insertRow();
      row.append(heading(longLabel(data, place), "row"));
      for (const one of series) row.append(make("td", "", format.full(one.values[place])));
    });
    const frame = make("div", "ct-chart-table"); // A table is never narrower than its words; what is hidden must be.
    frame.append(made);
    return frame;
  };
  const longLabel = (data, place) => {
    const text = labelText(data.labels[place], "long");
    return isOpen(data, place) ? `${text} (${data.open_name})` : text;
  };
  const heading = (text, scope) => {
    const made = make("th", "", text);
    made.scope = scope;
    return made;
  };

  const fillTip = (tip, data, series, place, format) => {
    const list = make("ul");
    for (const one of series) {
      const item = make("li");
      const before = one.before && data.before_labels?.[place];
      item.append(mark(one), make("span", "", before ? `${one.name}, ${labelText(before, "short")}` : one.name));
      item.append(make("span", "", format.full(one.values[place])));
      list.append(item);
    }
    tip.replaceChildren(make("strong", "", longLabel(data, place)), list);
  };

  // The picture

  const theme = (figure) => {
    const style = getComputedStyle(figure);
    const read = (name) => style.getPropertyValue(`--chart-${name}`).trim();
    return { colors: Array.from({ length: COLORS }, (_, i) => read(i + 1)), text: read("text"), line: read("line"), paper: read("paper") };
  };
  const faded = (color, share) => `color-mix(in srgb, ${color} ${share}%, transparent)`;

  const bars = (count, which, hollow) => (u, place, from, to) => {
    const path = new Path2D();
    const step = u.bbox.width / u.data[0].length;
    const width = Math.min((step * 0.72) / count, 36 * devicePixelRatio);
    const zero = u.valToPos(0, "y", true);
    for (let i = from; i <= to; i++) {
      const value = u.data[place][i];
      if (value == null) continue;
      const left = u.valToPos(u.data[0][i], "x", true) + (which - count / 2) * width;
      const top = u.valToPos(value, "y", true);
      path.rect(left, Math.min(top, zero), Math.max(width - devicePixelRatio, 1), Math.abs(zero - top));
    }
    return { fill: path, stroke: hollow ? path : null, flags: 0 };
  };

  // What is drawn: each series, cut in two where its end is not over. `from` is the place where the unfinished part begins.
  const pieces = (data, series) =>
    series.flatMap((one, which) => {
      const values = data.labels.map((_, i) => one.values[i] ?? null);
      if (one.before || !hasOpen(data)) return [{ one, which, values }];
      const from = data.open_from;
      const link = data.kind === "bar" ? from : from - 1; // A line goes on from its last finished point.
      return [
        { one, which, values: values.map((value, i) => (i < from ? value : null)) },
        { one, which, from, values: values.map((value, i) => (i >= link ? value : null)) },
      ];
    });

  const pieceOptions = (data, series, look) => (piece) => {
    const { one, which, from } = piece;
    const color = look.colors[one.color - 1];
    const isUnfinished = from !== undefined;
    if (data.kind === "bar") {
      const shape = { paths: bars(series.length, which, isUnfinished), points: { show: false } };
      if (isUnfinished) return { ...shape, fill: faded(color, 12), stroke: color, width: 1.5, dash: [3, 3] };
      return { ...shape, fill: one.before ? faded(color, 45) : color, width: 0 };
    }
    const alone = !one.before && series.filter((other) => !other.before).length === 1;
    const few = piece.values.filter((value) => value != null).length < 3; // a day that has just begun
    const line = { stroke: one.before ? faded(color, 65) : color, width: one.before ? 1.5 : 2 };
    if (!isUnfinished) {
      return { ...line, dash: one.before ? [5, 4] : undefined, fill: alone ? faded(color, 10) : undefined, points: { show: few, fill: color, size: 7 } };
    }
    const hollow = { show: true, filter: () => piece.values.flatMap((value, i) => (i >= from && value != null ? [i] : [])) };
    return { ...line, dash: [2, 4], fill: alone ? faded(color, 4) : undefined, points: { ...hollow, fill: look.paper, stroke: color, width: 2, size: 7 } };
  };

  const axes = (data, look, format) => {
    const font = "12px system-ui, sans-serif";
    const shared = { stroke: look.text, font, ticks: { show: false } };
    const isNamed = data.labels.length > 0 && !moment(data.labels[0]);
    const short = (u, i) => (isNamed ? barNames(data.labels, u.width - 70)[i] : labelText(data.labels[i], "short"));
    const widest = (values) => Math.max(0, ...(values || []).map((text) => (text ? text.length : 0)));
    return [
      {
        ...shared,
        grid: { show: false },
        size: 28,
        space: (u) => widest(u.data[0].map((i) => short(u, i))) * (isNamed ? 6.2 : 7) + (isNamed ? 6 : 24),
        incrs: [1, 2, 3, 4, 6, 7, 12, 14, 24, 30, 48, 60, 90, 120, 180, 240, 365, 500, 1000, 2000, 5000],
        splits: (u, _axis, from, to, step) => wholeSteps(Math.max(0, from), Math.min(u.data[0].length - 1, to), Math.max(1, step)),
        values: (u, splits) => splits.map((i) => short(u, i)),
      },
      {
        ...shared,
        grid: { stroke: look.line, width: 1 },
        space: 44,
        incrs: data.unit === "percent" ? undefined : whole(),
        values: (_u, splits) => splits.map(format.short),
        size: (_u, values) => widest(values) * 7.2 + 16,
      },
    ];
  };
  const wholeSteps = (from, to, step) => {
    const found = [];
    for (let i = Math.ceil(from); i <= to; i += step) found.push(i);
    return found;
  };
  const whole = () => {
    const found = [];
    for (let power = 1; power < 1e15; power *= 10) found.push(power, 2 * power, 5 * power);
    return found;
  };

  // Where there is nothing but zeros the axis goes to one: one click, one euro, one percent.
  const range = (scale) => (_u, low, high) => {
    const [from, to] = [Math.min(0, low ?? 0), Math.max(0, high ?? 0)];
    return from === to ? [0, scale] : [from < 0 ? from * 1.08 : 0, to * 1.08];
  };

  class Chart {
    constructor(figure, data) {
      this.figure = figure;
      this.data = data;
      this.series = colored(data);
      this.format = numbers(data);
      const name = figure.getAttribute("aria-label") || "";
      this.plot = make("div", "ct-chart-plot");
      this.plot.tabIndex = 0;
      this.plot.setAttribute("role", "img");
      this.plot.setAttribute("aria-label", name);
      this.tip = make("div", "ct-chart-tip");
      this.tip.hidden = true;
      this.tip.setAttribute("aria-hidden", "true");
      const beside = this.series.length > 1 || hasOpen(data) ? [legend(data, this.series)] : [];
      figure.replaceChildren(...beside, this.plot, this.tip, table(data, this.series, name, this.format));
      this.plot.addEventListener("keydown", (event) => this.walk(event));
      this.plot.addEventListener("blur", () => this.leave());
      this.sizes = new ResizeObserver(() => this.fit());
      this.draw();
      this.sizes.observe(this.plot);
    }

    draw() {
      this.picture?.destroy();
      const look = theme(this.figure);
      const drawn = pieces(this.data, this.series);
      const edge = this.data.kind === "bar" ? 0.5 : 0;
      const last = this.data.labels.length - 1;
      const options = {
        width: Math.max(this.plot.clientWidth, 50),
        height: Math.max(this.plot.clientHeight, 50),
        padding: [8, this.data.kind === "bar" ? 8 : 28, 0, 0],
        legend: { show: false },
        cursor: { y: false, drag: { x: false, y: false }, points: { size: 8, width: 2 } },
        scales: { x: { time: false, range: () => (last < 1 ? [-0.5, 0.5] : [-edge, last + edge]) }, y: { range: range(this.format.scale) } },
        series: [{}, ...drawn.map(pieceOptions(this.data, this.series, look))],
        axes: axes(this.data, look, this.format),
        hooks: { setCursor: [(u) => this.point(u)] },
      };
      this.picture = new uPlot(options, [this.data.labels.map((_, i) => i), ...drawn.map((piece) => piece.values)], this.plot);
    }

    fit() {
      if (!this.figure.isConnected) return this.end();
      const [width, height] = [this.plot.clientWidth, this.plot.clientHeight];
      if (width && height && (width !== this.picture.width || height !== this.picture.height)) this.picture.setSize({ width, height });
    }

    end() {
      this.sizes.disconnect();
      this.picture.destroy();
      charts.delete(this);
    }

    point(u) {
      const place = u.cursor.idx;
      this.tip.hidden = place == null || !(u.cursor.left >= 0);
      if (this.tip.hidden) return;
      fillTip(this.tip, this.data, this.series, place, this.format);
      const at = u.over.offsetLeft + u.cursor.left;
      const room = this.figure.clientWidth;
      const width = this.tip.offsetWidth;
      this.tip.style.left = `${at + 14 + width <= room ? at + 14 : Math.max(0, Math.min(at - 14 - width, room - width))}px`;
      this.tip.style.top = `${this.plot.offsetTop + 8}px`;
    }

    walk(event) {
      const last = this.data.labels.length - 1;
      const now = this.picture.cursor.idx ?? -1;
      const next = { ArrowRight: Math.min(now + 1, last), ArrowLeft: Math.max(now - 1, 0), Home: 0, End: last }[event.key];
      if (event.key === "Escape") return this.leave();
      if (next === undefined || last < 0) return;
      event.preventDefault();
      this.picture.setCursor({ left: this.picture.valToPos(next, "x"), top: 10 });
    }

    leave() {
      this.picture.setCursor({ left: -10, top: -10 });
    }
  }

  // Finding what is to be drawn

  const drawAll = (root) => {
    const found = root.matches?.(".ct-chart[data-chart]") ? [root] : root.querySelectorAll(".ct-chart[data-chart]");
    for (const figure of found) {
      const source = document.getElementById(figure.dataset.chart);
      if (!source || figure.dataset.drawn) continue;
      figure.dataset.drawn = "1";
      charts.add(new Chart(figure, JSON.parse(source.textContent)));
    }
  };

  const redraw = () => {
    for (const chart of charts) chart.figure.isConnected ? chart.draw() : chart.end();
  };

  const begin = () => {
    drawAll(document);
    document.addEventListener("htmx:load", (event) => drawAll(event.detail.elt));
    const seen = new MutationObserver(redraw);
    for (const element of [document.documentElement, document.body]) {
      seen.observe(element, { attributes: true, attributeFilter: ["class", "data-theme"] });
    }
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
  };
  document.readyState === "loading" ? document.addEventListener("DOMContentLoaded", begin) : begin();
})();
