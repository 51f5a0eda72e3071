// Times that a viewer types are those of the viewer's own zone: shown so, and sent as UTC. Without scripts they are UTC, as
// their labels say.

const shown = new WeakSet();
const two = (number) => String(number).padStart(2, "0");

function local(utc) {
  const at = new Date(`${utc}Z`);
  if (Number.isNaN(at.getTime())) return "";
  const day = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
  return `${day}T${two(at.getHours())}:${two(at.getMinutes())}`;
}

// Once for each input: what has been typed since stays.
function showLocal() {
  for (const input of document.querySelectorAll("input[data-utc]")) {
    if (shown.has(input)) continue;
    shown.add(input);
    input.value = local(input.dataset.utc);
  }
}

document.addEventListener("formdata", ({target, formData}) => {
  for (const input of target.querySelectorAll("input[data-utc]")) {
    const at = new Date(input.value);
    if (!Number.isNaN(at.getTime())) formData.set(input.name, `${at.toISOString().slice(0, 16)}Z`);
  }
});
document.addEventListener("morphed", showLocal);
showLocal();
