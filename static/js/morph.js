// The swap "morph": makes a live element equal to its new version by changing only what differs, so that focus, scroll position,
// open details and half-typed input stay. Children are told apart by id, else by their place, and one that has moved keeps the
// focus; those with `data-keep` are left alone, as something else fills them. Dispatches "morphed" when done.

const KEPT = new Set(["open", "value", "checked"]); // what the viewer may have changed

function kept(element, name) {
  const ours = name === "value" && (element.localName === "button" || element.type === "hidden"); // nobody can type there
  return KEPT.has(name) && !ours;
}

function sameTime(before, after) {
  return before.localName === "time" && before.dateTime === after.dateTime && before.dataset.time === after.dataset.time;
}

function alike(before, after) {
  return before.nodeType === after.nodeType && before.nodeName === after.nodeName && (before.id || "") === (after.id || "");
}

function morphAttributes(before, after) {
  for (const {name, value} of after.attributes) {
    if (!kept(before, name) && before.getAttribute(name) !== value) before.setAttribute(name, value);
  }
  for (const {name} of [...before.attributes]) {
    if (!kept(before, name) && !after.hasAttribute(name)) before.removeAttribute(name);
  }
}

function morphChildren(before, after) {
  const byId = new Map();
  for (const child of before.children) if (child.id) byId.set(child.id, child);
  let place = before.firstChild;
  for (const wanted of [...after.childNodes]) {
    const known = wanted.id ? byId.get(wanted.id) : place && !place.id && alike(place, wanted) ? place : null;
    if (known) {
      if (known === place) place = place.nextSibling;
      else before.insertBefore(known, place);
      if (!known.dataset || !("keep" in known.dataset)) morph(known, wanted);
    } else {
      before.insertBefore(wanted, place);
    }
  }
  while (place) {
    const next = place.nextSibling;
    place.remove();
    place = next;
  }
}

function morph(before, after) {
  if (before.nodeType !== Node.ELEMENT_NODE) {
    if (before.nodeValue !== after.nodeValue) before.nodeValue = after.nodeValue;
    return;
  }
  if (!alike(before, after)) {
    before.replaceWith(after);
    return;
  }
  if (sameTime(before, after)) return;
  const says = after.dataset.say && before.dataset.phase !== after.dataset.phase ? after.dataset.say : "";
  morphAttributes(before, after);
  morphChildren(before, after);
  if (says) before.dispatchEvent(new CustomEvent("phase-changed", {bubbles: true, detail: says}));
}

htmx.defineExtension("morph", {
  isInlineSwap: (style) => style === "morph",
  handleSwap(style, target, fragment) {
    if (style !== "morph") return false;
    const after = fragment.firstElementChild, focused = document.activeElement;
    if (after) morph(target, after);
    if (focused !== document.activeElement && target.contains(focused)) focused.focus({preventScroll: true});
    target.dispatchEvent(new CustomEvent("morphed", {bubbles: true}));
    return [target];
  },
});
