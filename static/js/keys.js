// Keys: / finds, j and k walk the lines, Enter opens (the line's own link has the focus), g f, g h and g c go places, ? helps.

const help = document.getElementById("help");
const search = document.getElementById("search");
let before = "";

function step(by) {
  const links = [...document.querySelectorAll(".row-link")].filter((link) => link.offsetParent);
  if (!links.length) return;
  const line = document.activeElement?.closest(".row, .card");
  const here = line ? links.findIndex((link) => line.contains(link)) : -1;
  const next = links[Math.min(links.length - 1, Math.max(0, here < 0 ? (by > 0 ? 0 : links.length - 1) : here + by))];
  next.focus();
  next.scrollIntoView({block: "nearest"});
}

const keys = {
  "/": () => search?.select(),
  j: () => step(1),
  k: () => step(-1),
  "?": () => help.showModal(),
};
const places = {f: 'nav a[href="/"]', h: 'nav a[href="/history/"]', c: 'nav a[href="/clusters/"]'};

document.addEventListener("keydown", (event) => {
  const typing = event.target.closest?.("input, textarea, select, [contenteditable], dialog");
  if (event.key === "Escape" && event.target === search) search.blur();
  if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
  const act = before === "g" && places[event.key] ? () => document.querySelector(places[event.key])?.click() : keys[event.key];
  before = event.key;
  if (!act) return;
  event.preventDefault();
  act();
});

document.addEventListener("click", (event) => {
  if (event.target.closest('[data-opens="help"]')) help.showModal();
});
