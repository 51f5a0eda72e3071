// Draws the figures of a page with Plotly: those near the window at once, the others when they come near. The figure is
// JSON beside the place where it is drawn; colours in it are names of tokens, moments are in UTC.
// Plotly's own bar of buttons stays off: it cannot be reached by keyboard, and one of its buttons sends data away.

const CONFIG = {displayModeBar: false, doubleClick: false, showTips: false};
const MOMENT = /^\d{4}-\d\d-\d\dT[\d:.]+Z$/;
const drawn = new Map(); // a plot, and the text of the figure that it shows
const tokens = new Map();
const PAPER = 660; // the width of a chart on A4, in pixels
const scheme = matchMedia("(prefers-color-scheme: dark)");
const root = document.documentElement;
const coarse = matchMedia("(pointer: coarse)");
const probe = document.createElement("span");
probe.hidden = true;
document.body.append(probe);

function colour(token) {
  if (!tokens.has(token)) {
    probe.style.color = token;
    tokens.set(token, getComputedStyle(probe).color);
  }
  return tokens.get(token);
}

function inViewersZone(text) {
  const at = new Date(text);
  return new Date(at.getTime() - at.getTimezoneOffset() * 60000).toISOString().slice(0, -1);
}

function along(axis) {
  return axis.range.map((end) => (typeof end === "number" ? end : new Date(end).getTime()));
}

function resolve(value) {
  if (Array.isArray(value)) return value.map(resolve);
  if (typeof value === "string") {
    if (value.startsWith("var(--")) return colour(value);
    return MOMENT.test(value) ? inViewersZone(value) : value;
  }
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, resolve(member)]));
}

// The names of moments stand in one row: who has no room is left out, and told by pointing at it alone.
function nameMoments(layout) {
  const [begin, end] = along(layout.xaxis);
  const width = layout.width - layout.margin.l - layout.margin.r;
  const taken = [];
  for (const [at, text, color] of (layout.meta?.names ?? []).sort((one, other) => one[3] - other[3])) {
    const x = ((new Date(at).getTime() - begin) / (end - begin)) * width;
    const long = text.length * 6.4 + 8;
    const left = x + long > width + layout.margin.r;
    const from = left ? x - long : x;
    if (x < 0 || x > width || taken.some(([a, b]) => from + long >= a && from <= b)) continue;
    taken.push([from, from + long]);
    layout.annotations.push({
      text, x: at, yref: "paper", y: 1, yanchor: "bottom", showarrow: false, font: {color, size: 11},
      xanchor: left ? "right" : "left", xshift: left ? -4 : 4, yshift: 3,
    });
  }
}

// Marks beside which something else tells the same are left out where they would stand closer than they are wide, until a zoom
// makes room; pointing still finds them. A hundred are a smear, and cost the browser more than all lines.
function crowded({meta, x, marker}, [begin, end], width) {
  if (!meta?.spare) return false;
  const shown = x.map((at) => (typeof at === "number" ? at : new Date(at).getTime())).filter((at) => at >= begin && at <= end);
  return shown.length * marker.size * 2 > width;
}

function textOf(plot) {
  return plot.closest(".plot-part").querySelector(".plot-data").textContent;
}

function figureOf(plot) {
  const text = textOf(plot);
  const figure = resolve(JSON.parse(text));
  const {layout} = figure;
  layout.font.family = getComputedStyle(document.body).fontFamily;
  layout.width = root.dataset.printing ? PAPER : plot.parentElement.clientWidth;
  const room = layout.width - layout.margin.l - layout.margin.r;
  layout.xaxis.nticks = Math.max(4, Math.floor(room / 70));
  if (coarse.matches) layout.dragmode = false; // a finger scrolls the page
  const whole = along(layout.xaxis);
  // Plotly's own `uirevision` lets a zoom go as soon as the range behind it is another, and that of a running release always is.
  if (plot.layout?.uirevision !== layout.uirevision) delete plot.dataset.zoomed;
  if (plot.dataset.zoomed) layout.xaxis.range = plot.layout.xaxis.range;
  nameMoments(layout);
  const shown = along(layout.xaxis);
  for (const trace of figure.data) if (crowded(trace, shown, room)) trace.mode = "none";
  return {data: figure.data, layout, text, whole};
}

async function draw(plot) {
  const known = drawn.has(plot);
  const {data, layout, text} = figureOf(plot);
  drawn.set(plot, text);
  await Plotly.react(plot, data, layout, CONFIG);
  if (known) return;
  plot.on("plotly_relayout", (change) => {
    if ("xaxis.range" in change || "xaxis.range[0]" in change) zoomed(plot);
  });
  plot.on("plotly_doubleclick", () => showWhole(plot));
}

function zoomed(plot) {
  const {whole} = figureOf(plot);
  const now = along(plot.layout.xaxis);
  const slight = (whole[1] - whole[0]) / 1000;
  if (whole.some((at, place) => Math.abs(at - now[place]) > slight)) plot.dataset.zoomed = "yes";
  else delete plot.dataset.zoomed;
  draw(plot);
}

function showWhole(plot) {
  delete plot.dataset.zoomed;
  draw(plot);
}

const near = new Set(); // the plots in the window or close to it
let drawing = false;

function outdated(plot) {
  return plot.isConnected && drawn.get(plot) !== textOf(plot);
}

// One after the other: what was drawn is shown, and the page answers, before the next one.
async function drawNear() {
  if (drawing) return;
  drawing = true;
  try {
    for (let plot; (plot = [...near].find(outdated)); ) {
      await draw(plot);
      await new Promise(requestAnimationFrame);
    }
  } finally {
    drawing = false;
  }
}

const watched = new IntersectionObserver(
  (entries) => {
    for (const {target, isIntersecting} of entries) {
      if (isIntersecting) near.add(target);
      else near.delete(target);
    }
    drawNear();
  },
  {rootMargin: "400px"},
);
const resized = new ResizeObserver((entries) => {
  for (const {target} of entries) {
    const plot = target.querySelector(".plot");
    if (drawn.has(plot) && plot.layout && plot.layout.width !== target.clientWidth) draw(plot);
  }
});

function showAll() {
  for (const plot of [...drawn.keys()]) {
    if (plot.isConnected) continue;
    Plotly.purge(plot);
    drawn.delete(plot);
    near.delete(plot);
  }
  for (const plot of document.querySelectorAll(".plot")) {
    watched.observe(plot);
    resized.observe(plot.parentElement);
  }
  drawNear();
}

async function pictureOf(plot, words) {
  const {data, layout} = figureOf(plot);
  const text = words.replace(/[&<>]/g, (sign) => `&#${sign.charCodeAt(0)};`);
  Object.assign(layout, {title: {text, font: {size: 14}}, height: layout.height + 50});
  layout.margin = {...layout.margin, t: layout.margin.t + 50};
  return Plotly.toImage({data, layout}, {format: "png", width: layout.width, height: layout.height, scale: 2});
}

// Several plots become one picture, in as many columns as the page has.
async function together(pictures) {
  const images = await Promise.all(pictures.map(async (address) => {
    const image = new Image();
    image.src = address;
    await image.decode();
    return image;
  }));
  const {width, height} = images[0];
  const columns = Math.min(3, images.length);
  const canvas = document.createElement("canvas");
  Object.assign(canvas, {width: width * columns, height: height * Math.ceil(images.length / columns)});
  const ground = canvas.getContext("2d");
  ground.fillStyle = colour("var(--surface)");
  ground.fillRect(0, 0, canvas.width, canvas.height);
  images.forEach((image, place) => ground.drawImage(image, (place % columns) * width, Math.floor(place / columns) * height));
  return canvas.toDataURL("image/png");
}

async function savePicture(figure) {
  const title = figure.querySelector("h3").firstChild.textContent.trim();
  const pictures = [];
  for (const plot of figure.querySelectorAll(".plot")) {
    const part = plot.closest(".plot-part").querySelector("h4")?.textContent.trim() ?? "";
    pictures.push(await pictureOf(plot, [title, part].filter(Boolean).join(": ")));
  }
  const link = document.createElement("a");
  link.href = pictures.length > 1 ? await together(pictures) : pictures[0];
  link.download = `${title.toLowerCase().replace(/[^a-z0-9]+/g, "-")}.png`;
  link.click();
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-chart]");
  const figure = button?.closest("figure");
  if (!figure) return;
  if (button.dataset.chart === "picture") savePicture(figure);
  else figure.querySelectorAll(".plot[data-zoomed]").forEach(showWhole);
});

function drawAnew(plots) {
  tokens.clear();
  for (const plot of plots) draw(plot);
}

function start() {
  document.addEventListener("morphed", showAll);
  scheme.addEventListener("change", () => drawAnew(drawn.keys()));
  // On paper all of them, light and as wide as the paper.
  window.addEventListener("beforeprint", () => {
    root.dataset.printing = "yes";
    drawAnew(document.querySelectorAll(".plot"));
  });
  window.addEventListener("afterprint", () => {
    delete root.dataset.printing;
    drawAnew(drawn.keys());
  });
  showAll();
}

// Plotly is large: it comes beside the page, and may be there before this script or after it.
if (window.Plotly) start();
else document.getElementById("plotly").addEventListener("load", start);
