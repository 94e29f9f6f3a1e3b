// The technician's page: the lane, its devices, its outbox and its last passages.

import { element, marked, setText } from "/static/element.js";
import { duration, plain, share } from "/static/format.js";
import { watch } from "/static/live.js";
import { Passages } from "/static/passages.js";
import * as preview from "/static/preview.js";
import * as simulator from "/static/simulator.js";

const STATUSES = { ready: ["good", "✓"], lost: ["bad", "✕"], starting: ["look", "…"] };
const TICK_MS = 1000;

const at = (id) => document.getElementById(id);
const reasons = await fetch("/technician/reasons").then((answer) => answer.json());
const passages = new Passages(at("passages"), reasons);
let startedAt = null;
let panelOf = null;

function showLane(lane) {
  setText(at("device"), lane.device);
  setText(at("site"), lane.site);
  setText(at("version"), lane.version);
  setText(at("topology"), lane.topology);
  setText(at("state"), lane.state);
  const due = lane.maintenance && lane.state !== "Maintenance" ? ", maintenance is due" : "";
  setText(at("sign"), `sign: ${plain(lane.sign)}${due}`);
  document.title = `${lane.device}: ${lane.state}`;
  document.body.dataset.sign = lane.sign;
  at("training").hidden = !lane.simulated;
  startedAt = Date.parse(lane.started_at);
}

function showDoors(doors) {
  at("doors").replaceChildren(
    ...Object.entries(doors).map(([door, { free, position }]) =>
      element(
        "div",
        {},
        element("dt", {}, `${door} door`),
        element("dd", {}, free ? marked("good", "○", "free") : marked("quiet", "●", "held"), position),
      ),
    ),
  );
}

function showDevices(devices) {
  at("devices").replaceChildren(
    ...devices.map((device) =>
      element(
        "li",
        {},
        element("span", {}, element("b", {}, plain(device.role)), element("code", {}, device.driver)),
        element("span", { class: "status" }, marked(...STATUSES[device.status], device.status)),
        ...(device.detail ? [element("span", { class: "detail" }, device.detail)] : []),
      ),
    ),
  );
}

function showOutbox({ depth, oldest_age_s: oldest, connected, detail }) {
  at("broker").replaceChildren(
    connected ? marked("good", "✓", "connected") : marked("bad", "✕", "away"),
  );
  setText(at("depth"), String(depth));
  setText(at("oldest"), oldest === null ? "–" : duration(oldest));
  at("stall").hidden = detail === "";
  setText(at("stall"), detail);
}

function showNotices(notices) {
  at("notices").hidden = notices.length === 0;
  at("notices").replaceChildren(...notices.map((notice) => element("li", {}, notice)));
}

function showRates(rates) {
  at("rates-card").hidden = rates.length === 0;
  at("rates").replaceChildren(
    ...rates.map((rate) =>
      element(
        "li",
        {},
        element("span", {}, element("b", {}, rate.group), `${rate.travellers} travellers`),
        element("span", {}, `not matched: ${share(rate.not_matched)}`),
        element("span", {}, `refused for the face: ${share(rate.refused)}`),
        element("span", {}, `strangers matched: ${share(rate.strangers)}`),
      ),
    ),
  );
}

function showUptime() {
  if (startedAt !== null) {
    setText(at("uptime"), duration(Math.max(0, Math.floor((Date.now() - startedAt) / 1000))));
  }
}

function show(lane) {
  at("lost").hidden = true;
  document.body.classList.remove("stale");
  showLane(lane);
  showDoors(lane.doors);
  showDevices(lane.devices);
  showOutbox(lane.outbox);
  showNotices(lane.notices);
  showRates(lane.rates);
  showUptime();
  passages.show(lane.passages);
  at("none-yet").hidden = lane.passages.length > 0;
  at("passages-scroll").hidden = lane.passages.length === 0;
  if (lane.simulated && panelOf !== lane.started_at) {
    panelOf = lane.started_at;
    simulator.start();
  }
}

function showLost() {
  at("lost").hidden = false;
  document.body.classList.add("stale");
  setText(at("state"), "Unknown");
  setText(at("sign"), "");
}

preview.start();
watch("/live/technician", show, showLost);
setInterval(showUptime, TICK_MS);
