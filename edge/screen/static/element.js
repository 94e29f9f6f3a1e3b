// Elements made of text: nothing that arrives from outside ever becomes markup.

/**
 * Make an element.
 * @param {string} tag
 * @param {Record<string, string>} attributes
 * @param {...(Node | string)} children strings become text nodes
 */
export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

/** Replace an element's text only when it differs, so that nothing is spoken twice. */
export function setText(target, text) {
  if (target.textContent !== text) target.textContent = text;
}

/** A word with a mark before it: the meaning never hangs on a colour. */
export function marked(kind, mark, word) {
  return element(
    "span",
    { class: `marked ${kind}` },
    element("span", { class: "mark", "aria-hidden": "true" }, mark),
    word,
  );
}
