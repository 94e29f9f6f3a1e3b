// The traveller's page: shows the sign the gate stands under, and nothing the gate does not say.

import { watch } from "/static/live.js";
import { fetchWords } from "/static/words.js";

const UNUSED_CHOICE_MS = 45_000;
const CLOSED = { sign: "closed", hint: null, progress: null, language: null };

const body = document.body;
const headline = document.getElementById("headline");
const more = document.getElementById("more");
const progress = document.getElementById("progress");
const training = document.getElementById("training");
const languages = document.getElementById("languages");
const scenes = [...document.querySelectorAll("[data-scene]")];

let view = { ...CLOSED, simulated: false };
let choiceTimer = 0;
const words = await fetchWords();

/** Which picture: while waiting, guidance for the camera goes before the bare ring. */
function sceneOf({ sign, hint }) {
  return sign === "wait" && hint !== null ? "look-here" : sign;
}

function setText(element, text) {
  // A screen reader speaks what changes, so what does not change is left alone.
  if (element.textContent !== text) element.textContent = text;
}

/** Nobody who cannot turn the head is to think that something is wrong. */
function secondLine() {
  if (view.hint !== null && view.hint.startsWith("turn-")) return words.otherwise;
  return view.progress === null ? words.more(view.sign) : words.keep;
}

function showWords() {
  const scene = sceneOf(view);
  document.documentElement.lang = words.code;
  setText(headline, scene === "look-here" ? words.hint(view.hint) : words.sign(view.sign));
  setText(more, secondLine());
  setText(training, words.training);
  training.hidden = !view.simulated;
  languages.setAttribute("aria-label", words.choice);
  for (const button of languages.children) {
    button.setAttribute("aria-pressed", String(button.lang === words.code));
  }
}

function showPicture() {
  const scene = sceneOf(view);
  for (const picture of scenes) {
    picture.toggleAttribute("hidden", picture.dataset.scene !== scene);
    if (picture.dataset.scene !== scene) continue;
    const guided = guideOf(picture, view.hint);
    picture.dataset.guided = guided;
    for (const guide of picture.querySelectorAll("[data-guide]")) {
      guide.toggleAttribute("hidden", guide.dataset.guide !== drawn(guided));
    }
    picture.toggleAttribute("data-measured", view.progress !== null);
    if (view.progress === null) picture.style.removeProperty("--read");
    else picture.style.setProperty("--read", String(Math.max(view.progress, 2)));
  }
}

/** The guidance there is a picture for; "look here" is never wrong. */
function guideOf(picture, hint) {
  const known = hint !== null && picture.querySelector(`[data-guide="${CSS.escape(drawn(hint))}"]`);
  return known ? hint : "look-here";
}

function drawn(hint) {
  return hint.replace(/^take-off-/, "");
}

function showProgress() {
  progress.hidden = view.progress === null;
  if (view.progress !== null) progress.setAttribute("aria-valuenow", String(view.progress));
}

/** A traveller chose; who chooses and walks away leaves the screen as it was. */
function choose(code) {
  words.choose(code);
  showWords();
  clearTimeout(choiceTimer);
  choiceTimer = setTimeout(() => {
    if (view.sign !== "present-document") return;
    words.forget();
    showWords();
  }, UNUSED_CHOICE_MS);
}

function show(next) {
  if (next.sign === "present-document" && view.sign !== "present-document") words.forget();
  view = next;
  if (view.language !== null) words.suggest(view.language);
  body.dataset.sign = view.sign;
  showPicture();
  showWords();
  showProgress();
}

function showLost() {
  // An evacuation stays: to send people back to a gate that is quiet would be worse.
  if (view.sign !== "evacuate") show({ ...CLOSED, simulated: view.simulated });
}

for (const [code, name] of words.all) {
  const button = document.createElement("button");
  button.type = "button";
  button.lang = code;
  button.textContent = name;
  button.addEventListener("click", () => choose(code));
  languages.append(button);
}

show(view);
watch("/live/traveller", show, showLost);
