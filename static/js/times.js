// Keeps times true: "3 min ago", "in 55 s", and clock times in the viewer's own zone with the exact time on hover.
// The words are those of rollouts/web/times.py.

const MINUTE = 60, HOUR = 3600, DAY = 86400;
const exact = new Intl.DateTimeFormat(undefined, {dateStyle: "medium", timeStyle: "long"});
const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
const two = (number) => String(number).padStart(2, "0");

function rough(seconds) {
  seconds = Math.max(0, Math.floor(seconds));
  if (seconds < 2 * MINUTE) return `${seconds} s`;
  if (seconds < 2 * HOUR) return `${Math.floor(seconds / MINUTE)} min`;
  if (seconds < 2 * DAY) return `${Math.floor(seconds / HOUR)} h`;
  return `${Math.floor(seconds / DAY)} days`;
}

function clock(moment, now) {
  const time = `${two(moment.getHours())}:${two(moment.getMinutes())}`;
  if (Math.abs(now - moment) < (DAY / 2) * 1000) return `${time}:${two(moment.getSeconds())}`;
  const month = moment.toLocaleString("en", {month: "short"});
  return `${two(moment.getDate())} ${month} ${time}`;
}

function full(moment) {
  const day = `${moment.getFullYear()}-${two(moment.getMonth() + 1)}-${two(moment.getDate())}`;
  return `${day} ${two(moment.getHours())}:${two(moment.getMinutes())}:${two(moment.getSeconds())}`;
}

function until(left) {
  return left >= 1 ? `in ${rough(left)}` : "now";
}

function words(element, moment, now) {
  const age = (now - moment) / 1000;
  switch (element.dataset.time) {
    case "ago": return `${rough(age)} ago`;
    case "lasting": return rough(age);
    case "in": return until(-age);
    case "tick": {
      // The next check is a whole number of intervals after the last write of the controller.
      const every = Number(element.dataset.every);
      return until(every - (((age % every) + every) % every));
    }
    case "about": return `≈ ${two(moment.getHours())}:${two(moment.getMinutes())}`;
    case "moment": return full(moment);
    default: return clock(moment, now);
  }
}

function show(element, now) {
  if (element.dataset.time === "moment" && element.dataset.exact === element.dateTime) return; // the same for ever
  const moment = new Date(element.dateTime);
  if (Number.isNaN(moment.getTime())) return;
  const text = words(element, moment, now);
  if (element.textContent !== text) element.textContent = text;
  if (element.dataset.exact !== element.dateTime) {
    element.title = exact.format(moment);
    element.dataset.exact = element.dateTime;
  }
}

function showAll(root = document) {
  const now = new Date();
  for (const element of root.querySelectorAll("time[data-time]:not(.chart-values:not([open]) time)")) show(element, now);
  for (const element of root.querySelectorAll("[data-zone]")) if (element.textContent !== zone) element.textContent = zone;
}

showAll();
document.addEventListener("morphed", (event) => showAll(event.target));
document.addEventListener("visibilitychange", () => document.hidden || showAll());
setInterval(() => document.hidden || showAll(), 1000);
