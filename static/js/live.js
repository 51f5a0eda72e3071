// One stream of hints per page. A hint names a topic; every live element of that topic then asks for its new version.
// A hidden tab closes its stream (browsers allow six to one host) and catches up when it is seen again. Polling, which
// htmx does by itself every minute, is the floor under all of this.

const main = document.getElementById("main");
const sign = document.getElementById("live");
const words = sign?.querySelector(".live-words");
const topics = (main?.dataset.topics ?? "").split(",").filter(Boolean);
const FIRST_PAUSE = 1000, LONGEST_PAUSE = 30000, SILENCE = 40000;

let source = null, pause = FIRST_PAUSE, retry = 0, watchdog = 0, state = "starting", greeted = true;

function elements(topic) {
  return document.querySelectorAll(`[data-topic~="${CSS.escape(topic)}"]`);
}

// An element of several topics asks once.
function ask(several) {
  for (const element of new Set(several.flatMap((topic) => [...elements(topic)]))) htmx.trigger(element, "changed");
}

function rough(seconds) {
  return seconds < 120 ? `${Math.max(0, Math.floor(seconds))} s` : seconds < 7200 ? `${Math.floor(seconds / 60)} min` : `${Math.floor(seconds / 3600)} h`;
}

function show() {
  if (!sign || !words) return;
  const fresh = document.querySelector("[data-fresh]")?.dataset.fresh;
  const age = fresh ? (Date.now() - Date.parse(fresh)) / 1000 : NaN;
  const say = {live: "live", lost: "reconnecting", starting: "connecting"}[state];
  const text = state === "live" || Number.isNaN(age) ? say : `${say}, data ${rough(age)} old`;
  if (words.textContent !== text) words.textContent = text;
  if (sign.dataset.state !== state) sign.dataset.state = state;
}

function close() {
  clearTimeout(retry);
  clearTimeout(watchdog);
  source?.close();
  source = null;
}

function lost() {
  close();
  state = "lost";
  show();
  retry = setTimeout(open, pause * (0.75 + Math.random() / 2));
  pause = Math.min(pause * 2, LONGEST_PAUSE);
}

// A stream does not tell why it was refused. Its page does: the answer to a viewer who was signed out leads to the sign-in.
function refused() {
  if (greeted) ask(topics);
  greeted = false;
  lost();
}

function open() {
  close();
  if (document.hidden || !topics.length) return;
  let answered = false;
  source = new EventSource(`${main.dataset.events}?topics=${topics.map(encodeURIComponent).join(",")}`);
  source.addEventListener("hello", () => {
    pause = FIRST_PAUSE;
    state = "live";
    answered = greeted = true;
    show();
    ask(topics); // what happened while nobody listened
  });
  for (const topic of topics) source.addEventListener(topic, () => ask([topic]));
  source.onerror = () => (answered ? lost() : refused());
  watchdog = setTimeout(() => state === "live" || lost(), SILENCE);
}

document.addEventListener("visibilitychange", () => (document.hidden ? close() : open()));
window.addEventListener("pagehide", close);
window.addEventListener("pageshow", (event) => event.persisted && open());
document.addEventListener("htmx:responseError", (event) => {
  const status = event.detail.xhr.status;
  if ([401, 403, 404].includes(status)) location.reload(); // signed out, no longer allowed, or gone: the page says which
});
if (topics.length) {
  show();
  open();
  setInterval(show, 1000);
}
