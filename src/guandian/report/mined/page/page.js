"use strict";
// Text reaches the page through text nodes alone: reviews are strangers' words.
const read = (id) => JSON.parse(document.getElementById(id).textContent);
const words = read("words"), data = read("data");
const $ = (id) => document.getElementById(id);
const SVG = document.querySelector("svg").namespaceURI;
const KINDS = ["pos", "neu", "neg"], NAMES = ["positive", "neutral", "negative"];
const state = {
  language: words[location.hash.slice(1)] ? location.hash.slice(1) : data.language,
  sort: "count", measure: "net", line: null, fixed: data.corrected, rest: false,
  search: { text: "", kind: null, category: "", product: "", least: 0, shown: 12 },
};

const fill = (text, ...parts) => text.replace(/\{(\d)\}/g, (_, i) => parts[i]);
/** Words are written in the plural; of one thing they are told so. */
const ONE = /(?<![\w.,/-])1 (more |labelled )?(categor|dat|kind|opinion|point|product|rating|review|time)(ies|es|s)\b( have\b| are\b)?/g;
const one = (_, before, noun, end, verb) => `1 ${before || ""}${noun}${{ ies: "y", es: "e", s: "" }[end]}${verb ? (verb === " are" ? " is" : " has") : ""}`;
const say = (key, ...parts) => { const told = fill(words[state.language][key], ...parts); return state.language === "en" ? told.replace(ONE, one) : told; };
const sayOf = (family, key, ...parts) => say(`${family}_${key}`, ...parts);
const nameOf = (key) => key === null ? say("everything")
  : (data.names[key] || [key, key])[state.language === "zh" ? 0 : 1];
/** Long names of products often differ at their end, so the middle goes. */
const brief = (name, all = [...name]) => all.length > 30 ? all.slice(0, 14).join("") + "…" + all.slice(-12).join("") : name;
const count = (n) => n.toLocaleString(state.language);
/** In so many parts of one; the ends of an interval go outwards (`way`), so that none is ever a point. */
const whole = (v, parts, way) => way ? (way > 0 ? Math.ceil(v * parts - 1e-6) : Math.floor(v * parts + 1e-6)) : Math.sign(v) * Math.round(Math.abs(v) * parts);
const points = (v, way) => { const n = whole(v, 100, way); return n > 0 ? "+" + n : n < 0 ? "−" + -n : "0"; };
const percent = (v, way) => (v > 0 && v < .1 ? (whole(v, 1000, way) / 10).toFixed(1) : whole(v, 100, way)) + "%";
const tenths = (v, way) => (whole(v, 10, way) / 10).toFixed(1);
const between = (e, show) => show(e[1], -1) + " … " + show(e[2], 1);
const kindOf = (v) => v > 0 ? "pos" : v < 0 ? "neg" : "neu";
const clear = (e) => e[1] > 0 ? " is-pos" : e[2] < 0 ? " is-neg" : "";
const thin = (cell) => cell.reviews < data.minimum;
/** The net as found, or corrected for what the model misses, as the reader chose. */
const netOf = (cell) => state.fixed && cell.fixed && cell.fixed.length ? cell.fixed : cell.net;
const correctable = Boolean(data.notes.rates);
const opinions = (cell) => cell.counts[0] + cell.counts[1] + cell.counts[2];

/** An element: properties, `on…` listeners and `style` objects, then children (text is text). */
function el(tag, props, ...children) {
  const space = props && props.svg;
  const node = space ? document.createElementNS(SVG, tag) : document.createElement(tag);
  for (const [key, value] of Object.entries(props || {})) {
    if (key === "svg" || value === undefined || value === null) continue;
    if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
    else if (key === "style") for (const [k, v] of Object.entries(value)) node.style.setProperty(k, v);
    else if (key === "class") node.setAttribute("class", value);
    else node.setAttribute(key, value);
  }
  node.append(...children.flat(3).filter((each) => each !== null && each !== undefined && each !== false));
  return node;
}
const button = (props, ...children) => el("button", { type: "button", ...props }, ...children);
const draw = (tag, props, ...children) => el(tag, { svg: true, ...props }, ...children);

function choices(options, chosen, choose, shape = "switch") {
  return el("div", { class: shape, role: "group" }, options.map(([key, label]) =>
    button({ "aria-pressed": String(key === chosen), onclick: () => choose(key) }, label)));
}
function section(title, hint, tools, ...body) {
  return el("section", { class: "card" },
    el("div", { class: "head" }, el("div", null, el("h2", null, title), el("p", { class: "hint" }, hint)), tools), ...body);
}

// ---- the first screen -------------------------------------------------------------------------
function lead() {
  const [from, to] = data.span;
  const facts = [from && say("from", from, to), say("seen", count(data.reviews)), data.notes.models.map((m) => m[0]).join(", ")];
  const chosen = data.filtered.map(([name, value]) => el("span", { class: "tag" }, sayOf("filter", name, value)));
  return el("div", { class: "lead" }, el("div", null, el("h1", null, data.title || say("title")),
      el("p", null, facts.filter(Boolean).join("  ·  ")), chosen.length ? el("p", { class: "tags" }, chosen) : null),
    correctable && el("div", { class: "asked" }, el("span", null, say("netShown")),
      choices([[true, say("corrected")], [false, say("asFound")]], state.fixed, (key) => { state.fixed = key; render(); })));
}
/** Where a net lies between −100 and +100, with its interval. */
const scale = (net) => el("div", { class: "scale", "aria-hidden": "true" },
  el("i", { class: "reach", style: { left: (net[1] + 1) * 50 + "%", width: (net[2] - net[1]) * 50 + "%" } }),
  el("i", { class: "mark " + kindOf(net[0]), style: { left: (net[0] + 1) * 50 + "%" } }));
const stack = (counts) => el("div", { class: "stack" }, counts.map((n, i) =>
  n ? el("i", { class: KINDS[i], style: { "flex-grow": n }, title: say(NAMES[i]) + " " + count(n) }) : null));
function figures() {
  const fixed = state.fixed && data.reviewFixed, labelled = data.sentiment.map((s) => s[0]);
  const whole = data.whole, net = netOf(whole), stars = data.stars, total = (counts) => counts.reduce((a, b) => a + b, 0);
  const card = (name, estimate, counts, under) => el("div", { class: "card figure" }, el("div", { class: "name" }, name),
    estimate.length ? [el("div", { class: "number" + clear(estimate) }, points(estimate[0])),
      el("div", { class: "ends" }, say("interval") + "  " + between(estimate, points)), scale(estimate)]
      : el("div", { class: "number" }, "–"),
    total(counts) ? [stack(counts), el("div", { class: "legend" }, counts.map((n, i) =>
      el("span", null, el("i", { class: KINDS[i] }), say(NAMES[i]) + " " + percent(n / total(counts)))))] : null,
    el("div", { class: "under" }, under));
  const sides = [
    card(say(state.fixed ? "opinionsFixed" : "opinionsNet"), net, whole.counts, [say("ofOpinionsIn", count(opinions(whole)), count(whole.reviews)),
      state.fixed && whole.net.length ? "  ·  " + say("wasFound", points(whole.net[0])) : ""]),
    card(say(fixed ? "reviewsFixed" : "reviewSentiment"), fixed ? fixed.net : data.reviewNet, fixed ? fixed.shares.map((s) => s[0]) : labelled, [say("seen", count(total(labelled))),
      fixed ? "  ·  " + say("wasFound", points(data.reviewNet[0])) : ""]),
    stars && card(say("stars"), stars.net, stars.counts, [say("starsMean", tenths(stars.mean[0]), stars.scale, between(stars.mean, tenths), count(stars.number)), data.notes.unread_stars[0] ? "  ·  " + say("starsUnread", count(data.notes.unread_stars[0]), data.notes.unread_stars[1]) : ""])];
  return el("div", null, el("div", { class: "cards" + (stars ? " three" : " two") }, sides), copies(), disagreement(), strip());
}
/** How much is pasted, and which text most: what it would do to the net stands beside. */
function copies() {
  const { repeated, parted, share, most, net, opinions: every } = data.copies, told = net[state.fixed ? "fixed" : "found"];
  if (!most.length) return null;
  return el("div", { class: share < .01 && parted < .01 * data.read ? "card told" : "card told warn", role: "note" },
    repeated ? el("b", null, say("copiedOf", count(repeated), percent(share)), " ") : "", parted ? el("b", null, say("copiedParts", count(parted)), " ") : "",
    say("copiedMost", count(most[1])), " ", el("q", { dir: "auto" }, most[0]), told === null ? "" : say("copiedNet", count(every), points(told)));
}
function disagreement() {
  const pairs = data.disagree[state.fixed ? "fixed" : "found"];
  const sides = pairs.map(([one, other]) => say("disagreePair", sayOf("side", one), sayOf("side", other)));
  return pairs.length ? el("div", { class: "card told warn", role: "note" }, el("b", null, say("disagree")), " ",
    say("disagreeOf", sides.join(say("and")))) : null;
}
function strip() {
  const aside = data.aside.reduce((sum, [, n]) => sum + n, 0), [silent, ...share] = data.silent;
  const fact = (name, value, under) => el("div", null, el("span", { class: "name" }, name), el("b", null, value), el("span", { class: "under" }, under));
  return el("div", { class: "card strip" },
    fact(say("reviews"), count(data.reviews), data.languages.map(([key, part]) => say(key) + " " + percent(part)).join(" · ")),
    fact(say("opinions"), count(opinions(data.whole)), data.read ? say("perReview", (opinions(data.whole) / data.read).toFixed(1)) : ""),
    fact(say("silent"), count(silent), share.length ? percent(share[0]) + " (" + between(share, percent) + ")" : ""),
    fact(say("aside"), count(aside), say("asideUnder")),
    fact(say("copied"), count(data.copies.repeated), say("copiedUnder")));
}
function standouts() {
  const found = { ...data.standouts[state.fixed ? "fixed" : "found"], moved: data.standouts.moved };
  const cellOf = (key) => data.categories.find((each) => each.key === key);
  const out = (word, key, kind, number, cell, line, base) => {
    const said = cell.quotes[kind === "up" ? 0 : 2].map((n) => data.quotes[n]);
    const first = said.find((each) => inHan(each) === (state.language === "zh")) || said[0];
    return button({ class: `card out ${kind}`, onclick: () => quotes(nameOf(key) + (line && " · " + line), cell, kind === "up" ? 0 : 2) },
      el("div", { class: "eyebrow" }, say(word)),
      el("div", { class: "what" }, el("span", null, nameOf(key)), el("span", { class: kind === "up" ? "is-pos" : "is-neg" }, number)),
      el("div", { class: "base" }, base),
      line && el("div", { class: "said" }, line),
      first && el("div", { class: "said quote", style: { "--tint": `var(--${kind === "up" ? "pos" : "neg"})` } }, clause(first)));
  };
  const cards = [];
  for (const [word, kind] of [["praised", "up"], ["criticised", "down"]]) {
    const cell = found[word] !== null && cellOf(found[word]);
    if (cell) cards.push(out(word, found[word], kind, points(netOf(cell)[0]), cell, "",
      say("rests", between(netOf(cell), points), count(opinions(cell)), count(cell.reviews))));
  }
  if (found.moved) {
    const move = found.moved, up = move.change[0] > 0, [before, lately] = move.reviews;
    cards.push(out("moved", move.key, up ? "up" : "down", points(move.change[0]), move.cell,
      say(up ? "movedUp" : "movedDown", when(move.since), Math.abs(Math.round(move.change[0] * 100))),
      say("movedRests", between(move.change, points), count(before), count(lately), move.looked)));
  }
  return cards.length ? el("div", { class: "outs" }, cards) : null;
}
const inHan = (quote) => quote.pieces.some(([text]) => /\p{Script=Han}/u.test(text));
/** The clause of a quote alone, where there is no room for what stands around it. */
const clause = (quote) => quoted({ pieces: quote.pieces.filter(([, kinds]) => kinds), more: [] });
const quoted = (quote) => [quote.more[0] && "…", quote.pieces.map(([text, kinds]) =>
  kinds ? el("span", { class: [...kinds].join(" ") }, text) : text), quote.more[1] && "…"];

// ---- categories and aspects -------------------------------------------------------------------
function categories() {
  const rows = [...data.categories];
  if (state.sort === "net") rows.sort((a, b) => thin(a) - thin(b) || netOf(b)[0] - netOf(a)[0]);
  const place = (v) => (v + 1) * 50;
  const row = (cell) => {
    const net = netOf(cell), [value, low, high] = net, left = Math.min(value, 0), kind = kindOf(value);
    return button({ class: "row" + (thin(cell) ? " thin" : ""), onclick: () => quotes(nameOf(cell.key), cell),
        title: thin(cell) ? say("few", data.minimum) : null },
      el("span", { class: "label" }, nameOf(cell.key), el("small", null, count(opinions(cell)))),
      el("span", { class: "track" },
        el("i", { class: `bar ${kind}` + (clear(net) ? "" : " pale"), style: { left: place(left) + "%", width: Math.abs(value) * 50 + "%" } }),
        el("i", { class: "whisker", style: { left: place(low) + "%", width: (high - low) * 50 + "%" } })),
      el("span", { class: "value" + (thin(cell) ? "" : clear(net)) }, points(value), el("small", null, between(net, points))));
  };
  return section(say("byCategory"), say("byCategoryHint"),
    choices([["count", say("sortCount")], ["net", say("sortNet")]], state.sort, (key) => { state.sort = key; render(); }),
    el("div", { class: "axis" }, el("span"), el("span", null, el("i", null, "−100"), el("i", null, "0"), el("i", null, "+100")), el("span")),
    el("div", { class: "rows" }, rows.map(row)));
}
function aspects() {
  const shown = data.aspects.slice(0, Math.max(12, data.categories.length));
  const most = Math.max(...shown.map(opinions), 1);
  const row = (cell) => el("div", { class: "row aspect" + (thin(cell) ? " thin" : ""), title: thin(cell) ? say("few", data.minimum) : null },
    el("span", { class: "label" }, button({ onclick: () => quotes(cell.key, cell), title: cell.also.length ? say("also", cell.also.join(state.language === "zh" ? "、" : ", ")) : null }, cell.key),
      cell.also.length ? el("small", null, "+" + cell.also.length) : null),
    el("span", { class: "segs" }, cell.counts.map((n, i) => n ? button({
      class: "seg " + KINDS[i], style: { width: n / most * 100 + "%" }, onclick: () => quotes(cell.key, cell, i),
      title: say(NAMES[i]) + " " + count(n), "aria-label": `${cell.key}: ${say(NAMES[i])} ${count(n)}` }) : null)),
    el("span", { class: "value" }, count(opinions(cell)), el("small", null, say("negative") + " " + percent(cell.shares[2][0]))));
  const legend = el("div", { class: "legend" }, KINDS.map((kind, i) => el("span", null, el("i", { class: kind }), say(NAMES[i]))));
  return section(say("byAspect"), say("byAspectHint"), legend, el("div", { class: "rows" }, shown.map(row)));
}

// ---- over time --------------------------------------------------------------------------------
function when(at, unit = data.trend.unit) {
  if (unit === "year") return at.slice(0, 4);
  const shape = unit === "month" ? { year: "numeric", month: "short" } : { month: "short", day: "numeric" };
  return new Intl.DateTimeFormat(state.language, { ...shape, timeZone: "UTC" }).format(new Date(at + "T00:00Z"));
}
const whenLong = (at) => data.trend.unit === "week" ? say("week", at) : when(at);

function trend() {
  const chart = el("div", { class: "chart" });
  const lines = data.trend.lines.map((line) => [line.key, nameOf(line.key)]);
  const box = section(say("trend"), say("trendHint"), null,
    choices(lines, state.line, (key) => { state.line = key; render(); }, "chips"), chart);
  new ResizeObserver(() => plot(chart)).observe(chart);
  return box;
}
function plot(chart) {
  const line = data.trend.lines.find((each) => each.key === state.line);
  const width = chart.clientWidth, small = width < 520, height = small ? 250 : 310;
  if (!width) return;
  const left = 38, right = 12, top = 14, base = height - 70, foot = height - 24;
  const time = (at) => Date.parse(at + "T00:00Z"), begin = time(data.trend.first), end = time(data.trend.end);
  const solid = line.points.filter((p) => !thin(p)), seen = solid.length ? solid : line.points;
  const reach = seen.flatMap((p) => solid.length ? [netOf(p)[1], netOf(p)[2]] : [netOf(p)[0]]);
  const middle = (Math.min(...reach) + Math.max(...reach)) / 2, half = Math.max(.3, (Math.max(...reach) - Math.min(...reach)) / 2 + .04);
  const step = half > .6 ? .5 : half > .35 ? .25 : .2;
  const floor = Math.max(-1, Math.floor((middle - half) / step) * step), roof = Math.min(1, Math.ceil((middle + half) / step) * step);
  const step1 = { week: 7, month: 30.4, year: 365.2 }[data.trend.unit] * 864e5;
  const x = (at) => left + (time(at) - begin + step1 / 2) / (end - begin) * (width - left - right);
  const y = (v) => top + (roof - Math.min(roof, Math.max(floor, v))) / (roof - floor) * (base - top);
  const svg = draw("svg", { viewBox: `0 0 ${width} ${height}`, height, role: "img", "aria-label": say("trend") });
  for (let v = floor; v <= roof + 1e-9; v += step) svg.append(
    draw("line", { class: Math.abs(v) < 1e-9 ? "zero" : "grid", x1: left, x2: width - right, y1: y(v), y2: y(v) }),
    draw("text", { x: left - 8, y: y(v) + 4, "text-anchor": "end" }, points(v)));
  const dates = data.trend.lines[0].points.map((p) => [x(p.at), when(p.at)]);
  const wide = Math.max(...dates.map(([, date]) => 6.6 * date.length + 5.4 * date.replace(/[ -~]/g, "").length));
  const every = Math.ceil(dates.length / Math.min(9, Math.max(2, Math.floor((width - left - right) / (wide + 16)))));
  dates.forEach(([at, date], i) => { if (i % every === 0) svg.append(
    draw("text", { x: Math.min(at, width - wide / 2), y: height - 4, "text-anchor": "middle" }, date)); });
  const most = Math.max(...line.points.map(opinions), 1), slot = (width - left - right) * step1 / (end - begin);
  for (const p of line.points) {
    const tall = opinions(p) / most * (foot - base - 10);
    svg.append(draw("rect", { class: "volume", x: x(p.at) - slot * .3, width: Math.max(1, slot * .6), y: foot - tall, height: tall, rx: 2 }));
  }
  if (solid.length === 1) svg.append(draw("line", { class: "reach", x1: x(solid[0].at), x2: x(solid[0].at), y1: y(netOf(solid[0])[1]), y2: y(netOf(solid[0])[2]) }));
  if (solid.length > 1) svg.append(
    draw("polygon", { class: "band", points: [...solid.map((p) => `${x(p.at)},${y(netOf(p)[2])}`), ...[...solid].reverse().map((p) => `${x(p.at)},${y(netOf(p)[1])}`)].join(" ") }),
    draw("polyline", { class: "line", points: solid.map((p) => `${x(p.at)},${y(netOf(p)[0])}`).join(" ") }));
  for (const p of line.points) svg.append(point(chart, p, x(p.at), y, slot, top, foot));
  chart.replaceChildren(svg);
}
function point(chart, p, x, y, slot, top, foot) {
  const label = `${whenLong(p.at)}: ${points(netOf(p)[0])} (${between(netOf(p), points)})`;
  const open = () => quotes(`${nameOf(state.line)} · ${whenLong(p.at)}`, p);
  const hide = () => chart.querySelectorAll(".tip").forEach((each) => each.remove());
  const show = () => {
    hide();
    const safe = Math.min(Math.max(x, 84), chart.clientWidth - 84);
    chart.append(el("div", { class: "tip", style: { left: safe + "px", top: y(netOf(p)[0]) + "px" } },
      el("b", null, points(netOf(p)[0])), "  " + between(netOf(p), points), el("br"), whenLong(p.at) + " · " + say("seen", count(p.reviews))));
  };
  return draw("g", { class: "point" + (thin(p) ? " thin" : ""), tabindex: 0, role: "button", "aria-label": label, onclick: open,
      onkeydown: (event) => { if (event.key === "Enter" || event.key === " ") { event.preventDefault(); open(); } },
      onpointerenter: show, onfocus: show, onpointerleave: hide, onblur: hide },
    draw("rect", { class: "hit", x: x - slot / 2, width: slot, y: top, height: foot - top, rx: 4 }),
    draw("circle", { class: "dot", cx: x, cy: y(netOf(p)[0]), r: 4 }));
}

// ---- products ---------------------------------------------------------------------------------
const MEASURES = {
  net: { of: netOf, show: points, tone: (v) => [v < 0 ? "neg" : "pos", Math.abs(v) * 62] },
  complaintRate: { of: (cell) => cell.rates[2], show: percent, tone: (v, most) => ["neg", v / most * 62] },
  mentionRate: { of: (cell) => cell.rates[0], show: percent, tone: (v, most) => ["accent", v / most * 55] },
};
function products() {
  const measure = MEASURES[state.measure];
  // What a number rests on: opinions on those who speak, rates on all the product's reviews.
  const weak = (cell, product) => (state.measure === "net" ? cell.reviews : product.seen) < data.minimum;
  const known = Object.values(data.grid).flatMap((row) => row.filter((cell, i) => cell.net.length && !weak(cell, data.products[i])));
  const most = Math.max(...known.map((cell) => measure.of(cell)[0]), 1e-9);
  const cellOf = (cell, product, title, plain) => {
    const estimate = measure.of(cell), pale = weak(cell, product);
    if (!estimate.length) return el("td", { class: "none" }, "–");
    const [tone, part] = measure.tone(estimate[0], most);
    const tint = pale || plain ? {} : { background: `color-mix(in srgb, var(--${tone}) ${part.toFixed(1)}%, var(--card))` };
    return el("td", { class: pale ? "thin" : "", style: tint, title: pale ? say("few", data.minimum) : null },
      button({ onclick: () => quotes(title, cell), disabled: cell.net.length ? null : "" }, measure.show(estimate[0]), el("small", null, between(estimate, measure.show))));
  };
  const head = el("tr", null, el("th", null, say("category")), data.products.map((p) =>
    el("th", { scope: "col", title: p.key }, el("b", null, brief(p.key)), el("small", null, say("seen", count(p.seen))))));
  const sum = el("tr", { class: "sum" }, el("th", { scope: "row" }, say("everything")), data.products.map((p) => cellOf(p, p, p.key, true)));
  // Only what several products' reviews speak of can be compared: a camera has no taste.
  const shared = (key) => data.grid[key].filter((cell, i) => !weak({ reviews: cell.reviews }, { seen: cell.reviews })).length > 1;
  const common = data.categories.filter(({ key }) => shared(key)), others = data.categories.filter(({ key }) => !shared(key));
  const rows = [...common, ...(state.rest || !common.length ? others : [])].map(({ key }) => el("tr", null, el("th", { scope: "row" }, nameOf(key)),
    data.grid[key].map((cell, i) => cellOf(cell, data.products[i], `${data.products[i].key} · ${nameOf(key)}`))));
  return section(say("products"), say(state.measure + "Hint") + " " + say("productsHint", data.minimum),
    choices([["net", say("net")], ["complaintRate", say("complaintRate")], ["mentionRate", say("mentionRate")]], state.measure,
      (key) => { state.measure = key; render(); }),
    el("div", { class: "scroll" }, el("table", null, el("thead", null, head), el("tbody", null, sum, rows))),
    common.length && others.length ? button({ class: "more", onclick: () => { state.rest = !state.rest; render(); } },
      say(state.rest ? "restHide" : "restShow", others.length)) : null);
}

// ---- quotes -----------------------------------------------------------------------------------
function quotes(title, cell, kind = null) {
  const box = $("quotes"), total = (i) => i === null ? opinions(cell) : cell.counts[i];
  const chosen = kind === null ? mixed(cell.quotes) : cell.quotes[kind];
  const pick = (i) => quotes(title, cell, i);
  const tabs = [[null, `${say("all")} ${count(total(null))}`], ...NAMES.map((name, i) => [i, `${say(name)} ${count(total(i))}`])];
  box.replaceChildren(el("div", { class: "sheet" },
    el("header", null,
      el("div", { class: "title" }, el("div", null, el("h3", { id: "quotes-title" }, title),
        el("p", { class: "net" }, say("net") + " ", el("b", { class: clear(netOf(cell)) }, points(netOf(cell)[0])),
          ` (${between(netOf(cell), points)}) · ` + say("seen", count(cell.reviews)))),
        button({ class: "icon", "aria-label": say("close"), onclick: () => box.close() }, "✕")),
      facts(cell), el("div", { class: "turn" }, choices(tabs, kind, pick), every(cell, kind))),
    el("div", { class: "list" },
      el("p", { class: "key" }, say("sampleOf", chosen.length, count(total(kind))) + "　",
        el("span", { class: "quote", style: { "--tint": "var(--neu)" } }, el("span", { class: "a" }, say("aspectMark")), el("span", { class: "x" }, say("expressionMark")))),
      chosen.length ? chosen.map((n) => card(data.quotes[n])) : el("p", { class: "key" }, say("noQuotes")))));
  if (!box.open) box.showModal();
  box.querySelector(".sheet").scrollTo(0, 0);
}
/** The way from a category or an aspect to all of its opinions that the page holds. */
function every(cell, kind) {
  if (!data.listed.length || !cell.key) return null;
  const known = data.names[cell.key] !== undefined;
  return button({ class: "more", onclick: () => {
    Object.assign(state.search, { text: known ? "" : cell.key, category: known ? cell.key : "", product: "", kind, least: 0, shown: 12 });
    $("quotes").close(); render(); $("search").scrollIntoView();
  } }, say("every"));
}
/** The lists taken in turns, so that every polarity is seen early. */
function mixed(lists) {
  const longest = Math.max(...lists.map((each) => each.length));
  return Array.from({ length: longest }, (_, i) => lists.map((each) => each[i])).flat().filter((n) => n !== undefined);
}
function facts(cell) {
  const line = (name, estimate, kind) => [el("span", null, name),
    el("span", { class: "meter" }, el("i", { class: kind, style: { width: estimate[0] * 100 + "%" } }),
      el("u", { style: { left: estimate[1] * 100 + "%", width: (estimate[2] - estimate[1]) * 100 + "%" } })),
    el("span", { class: "end" }, el("b", null, percent(estimate[0])), ` (${between(estimate, percent)})`)];
  return el("div", { class: "facts" }, el("span", { class: "group" }, say("ofOpinions")),
    cell.shares.map((share, i) => line(say(NAMES[i]), share, KINDS[i])),
    cell.rates && [el("span", { class: "group" }, say("ofReviews")),
      ["mentions", "praise", "complain"].map((word, i) => line(say(word), cell.rates[i], ["neu", "pos", "neg"][i]))]);
}
function card(quote) {
  const kind = KINDS[quote.polarity];
  return el("article", { class: "quote", style: { "--tint": `var(--${kind})` } },
    el("p", { dir: "auto" }, quoted(quote)),
    el("div", { class: "meta" },
      el("span", { class: "kind is-" + kind }, say(NAMES[quote.polarity])), el("span", null, nameOf(quote.category)),
      el("span", { title: say("confidenceHint") }, say("confidence") + " " + percent(quote.confidence)),
      quote.product && el("span", null, quote.product), quote.time && el("span", null, quote.time), el("span", null, say("id") + " " + quote.id)));
}

// ---- search -----------------------------------------------------------------------------------
function explorer() {
  const all = data.listed.map((n) => data.quotes[n]), asked = state.search;
  if (!all.length) return null;
  const textOf = (quote) => quote.pieces.map(([text]) => text).join("").toLowerCase();
  const texts = all.map(textOf), list = el("div", { class: "found" }), told = el("p", { class: "hint" });
  const show = () => {
    const words = asked.text.toLowerCase().split(/\s+/).filter(Boolean);
    const found = all.filter((quote, i) => (asked.kind === null || quote.polarity === asked.kind)
      && (!asked.category || quote.category === asked.category) && (!asked.product || quote.product === asked.product)
      && quote.confidence >= asked.least && words.every((word) => texts[i].includes(word)));
    told.textContent = say("foundOf", count(found.length), count(all.length));
    list.replaceChildren(...found.slice(0, asked.shown).map(card), ...(found.length > asked.shown
      ? [button({ class: "more", onclick: () => { asked.shown += 30; show(); } }, say("showMore"))] : []));
  };
  const pick = (name, empty, options) => el("select", { "aria-label": empty, onchange: (event) => { asked[name] = event.target.value; asked.shown = 12; show(); } },
    el("option", { value: "" }, empty), options.map(([key, label]) => el("option", { value: key, selected: asked[name] === key ? "" : null }, label)));
  const names = [...new Set(all.map((quote) => quote.product).filter(Boolean))].sort();
  const sure = el("output", null, percent(asked.least));
  const kinds = el("div");
  const chips = () => kinds.replaceChildren(choices([[null, say("all")], ...NAMES.map((name, i) => [i, say(name)])], asked.kind,
    (key) => { asked.kind = key; asked.shown = 12; chips(); show(); }));
  chips(); show();
  const box = section(say("search"), say("searchHint") + (opinions(data.whole) > all.length ? " " + say("searchPart", count(all.length), count(opinions(data.whole))) : ""), null,
    el("div", { class: "asks" },
      el("input", { type: "search", placeholder: say("searchWords"), "aria-label": say("searchWords"), value: asked.text,
        oninput: (event) => { asked.text = event.target.value; asked.shown = 12; show(); } }),
      kinds, pick("category", say("everything"), data.categories.map(({ key }) => [key, nameOf(key)])),
      names.length > 1 ? pick("product", say("everyProduct"), names.map((name) => [name, brief(name)])) : null,
      el("label", null, say("least"), el("input", { type: "range", min: 0, max: 1, step: .05, value: asked.least,
        oninput: (event) => { asked.least = Number(event.target.value); sure.textContent = percent(asked.least); show(); } }), sure)), told, list);
  box.id = "search";
  return box;
}

// ---- what is no opinion -----------------------------------------------------------------------
function others() {
  const pasted = data.copies.pasted, aside = data.aside;
  if (!pasted.length && !aside.length) return null;
  return section(say("notOpinions"), say("notOpinionsHint"), null, el("div", { class: "asides" },
    aside.map(([why, n]) => el("p", null, el("b", null, count(n)), " ", say(why.startsWith("text: filler") ? "filler" : "nothing"))),
    pasted.map(([text, n]) => el("p", { class: "pasted" }, el("b", null, "×" + count(n)), " ", el("q", { dir: "auto" }, text)))));
}

// ---- notes and the page -----------------------------------------------------------------------
function notes() {
  const n = data.notes, more = n.products > data.products.length && data.products.length;
  const rates = n.rates, each = (list) => NAMES.map((name, i) => say(name) + " " + percent(list[i])).join(say("comma"));
  const lines = [say("noteNet"), rates ? say("noteFixed", count(rates.reviews), rates.groups, each(rates.recall), each(rates.precision), rates.source) : say(n.chosen ? "noteChosen" : "noteUnfixed"),
    say("noteSides"), say("noteInterval"), say("noteMoved"), say("noteMinimum", data.minimum), say("noteAspect", count(n.unsaid)), say("noteQuotes"),
    n.dated && say("noteTime", count(n.dated)), n.unread_stars[0] && say("noteStars", count(n.unread_stars[0]), n.unread_stars[1]), n.unread_dates && say("noteUnread", count(n.unread_dates)), n.unfitted && say("noteUnfitted"), n.dominated && say("noteDominated", count(n.dominated[0]), n.dominated[1]), n.missed && say("noteMissed", count(n.missed)),
    more && say("noteMore", data.products.length, count(n.products)),
    n.models.length && say("model") + ": " + n.models.map(([name, k]) => `${name} (${say("seen", count(k))})`).join(", "),
    n.warnings.length && say("noteWarnings") + ": " + n.warnings.map(([word, k]) => `${word} (${count(k)})`).join("; ")];
  return section(say("notes"), "", null, el("div", { class: "notes" }, lines.filter(Boolean).map((each) => el("p", null, each))));
}
function render() {
  document.documentElement.lang = state.language === "zh" ? "zh-CN" : "en";
  document.title = data.title || say("title");
  $("theme").title = $("theme").ariaLabel = say("theme");
  $("languages").replaceWith(Object.assign(choices(["zh", "en"].map((key) => [key, words[key].name]), state.language,
    (key) => { state.language = key; $("quotes").close(); render(); }), { id: "languages" }));
  const scroll = document.querySelector(".chips")?.scrollLeft || 0;
  $("main").replaceChildren(...[lead(), figures(), ...(opinions(data.whole) ? [standouts(),
    el("div", { class: data.aspects.length ? "pair" : "" }, categories(), data.aspects.length ? aspects() : ""),
    data.trend && trend(), data.products.length ? products() : null, explorer()]
    : [el("section", { class: "card" }, say("empty"))]), others(), notes(), el("p", { class: "foot" }, say("made"))].filter(Boolean));
  document.querySelectorAll(".chart").forEach(plot);
  if (scroll) document.querySelector(".chips").scrollLeft = scroll;
}
const paint = (dark) => { document.documentElement.dataset.theme = dark ? "dark" : "light"; };
paint(matchMedia("(prefers-color-scheme: dark)").matches);
$("theme").addEventListener("click", () => paint(document.documentElement.dataset.theme !== "dark"));
$("quotes").addEventListener("click", (event) => { if (event.target === $("quotes")) $("quotes").close(); });
render();
