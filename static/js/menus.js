// Menus close when the viewer turns elsewhere. A filter is applied as soon as its menu is left with a change, or by its button.

const menus = () => document.querySelectorAll("details.menu[open]");

document.addEventListener("click", (event) => {
  for (const menu of menus()) if (!menu.contains(event.target)) menu.open = false;
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of menus()) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});

const form = document.querySelector("[data-filters]");
const chosen = () => new URLSearchParams(new FormData(form)).toString();
if (form) {
  const before = chosen();
  form.addEventListener("toggle", (event) => {
    if (!event.target.open && chosen() !== before) form.requestSubmit();
  }, true);
  // An empty name in an address says nothing.
  form.addEventListener("submit", () => {
    for (const input of form.querySelectorAll("input:not([type=checkbox])")) input.disabled = !input.value;
  });
}
