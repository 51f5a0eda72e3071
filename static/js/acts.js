// Puts the pages of acts and commands into a dialog over the page of the rollout or application. The browser gives the focus back to the button
// that opened it.

const dialog = document.getElementById("dialog");

function opened() {
  if (!dialog.open) dialog.showModal();
  dialog.querySelector("[autofocus]")?.focus();
}

function unanswered(event) {
  const asked = event.detail.elt;
  const note = asked.matches("form") && asked.querySelector("[data-not-sent]");
  if (note) note.hidden = false;
  else if (asked.matches(".acts button, .acts a")) location.assign(asked.formAction || asked.href); // which says what is the matter
}

dialog.addEventListener("htmx:afterSwap", opened);
dialog.addEventListener("close", () => dialog.replaceChildren());
document.addEventListener("command-given", () => {
  dialog.close();
  htmx.trigger("#rollout, #application", "changed");
});
for (const name of ["htmx:sendError", "htmx:timeout", "htmx:responseError"]) document.addEventListener(name, unanswered);

// Before anybody else hears of the click.
window.addEventListener("click", (event) => {
  if (event.target.closest('.acts [aria-disabled="true"]')) {
    event.preventDefault();
    event.stopImmediatePropagation();
  } else if (dialog.open && event.target.closest("[data-closes]")) {
    event.preventDefault();
    dialog.close();
  }
}, true);
