// The simulator panel: pick a traveller, send them, take the broker away.

import { element, setText } from "/static/element.js";
import { post } from "/static/post.js";

const panel = document.getElementById("simulator");
const form = document.getElementById("simulator-form");
const list = document.getElementById("scenarios");
const about = document.getElementById("about");
const run = document.getElementById("run");
const away = document.getElementById("away");
const answer = document.getElementById("simulator-answer");

/** Do one order; the control rests meanwhile, and what became of it is said in words. */
async function obey(control, doing, path, body, done) {
  control.disabled = true;
  setText(answer, doing);
  try {
    await post(path, body);
    setText(answer, done);
    return true;
  } catch (error) {
    setText(answer, `Refused: ${error.message}`);
    return false;
  } finally {
    control.disabled = false;
    control.focus();
  }
}

function pick(scenario) {
  const input = element("input", {
    type: "radio",
    name: "scenario",
    value: scenario.name,
    "data-title": scenario.title,
  });
  input.addEventListener("change", () => setText(about, scenario.about));
  return element("label", {}, input, element("span", {}, scenario.title));
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  const chosen = form.querySelector("input[name=scenario]:checked");
  if (chosen === null || run.disabled) return;
  const title = chosen.dataset.title;
  obey(run, `${title}: on the way …`, "/simulator/run", { scenario: chosen.value }, `${title}: sent.`);
});

away.addEventListener("change", async () => {
  const wanted = away.checked;
  const done = wanted ? "The broker is away: events wait." : "The broker is back.";
  const obeyed = await obey(away, "Asking …", "/simulator/network", { away: wanted }, done);
  if (!obeyed) away.checked = !wanted;
});

/** Show the panel, once it is known that there is a simulator; again whenever it is a new one. */
export async function start() {
  const response = await fetch("/simulator/scenarios");
  if (!response.ok) return;
  const { scenarios, away: isAway } = await response.json();
  const chosen = form.querySelector("input[name=scenario]:checked")?.value;
  list.replaceChildren(...scenarios.map(pick));
  const at = Math.max(0, scenarios.findIndex(({ name }) => name === chosen));
  if (scenarios.length > 0) {
    list.querySelectorAll("input")[at].checked = true;
    setText(about, scenarios[at].about);
  }
  away.checked = isAway;
  setText(answer, "");
  panel.hidden = false;
}
