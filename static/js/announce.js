// Tells screen readers politely what changed: at most three changes at once, and not more often than every few seconds.

const box = document.getElementById("announcements");
const AT_ONCE = 3, PAUSE = 3000;
let waiting = new Set(), timer = 0;

function speak() {
  const said = [...waiting];
  waiting = new Set();
  timer = 0;
  if (!said.length) return;
  const more = said.length > AT_ONCE ? `, and ${said.length - AT_ONCE} more changes` : "";
  box.textContent = said.slice(0, AT_ONCE).join("; ") + more;
  timer = setTimeout(speak, PAUSE);
}

document.addEventListener("phase-changed", (event) => {
  waiting.add(event.detail);
  timer ||= setTimeout(speak, 300);
});
