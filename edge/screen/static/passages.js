// The table of the last passages; a row opens to its checks and timings.

import { element, marked } from "/static/element.js";
import { milliseconds, moment, plain } from "/static/format.js";

const DECISIONS = {
  open: ["good", "✓", "opened"],
  refer: ["look", "→", "referred"],
  none: ["quiet", "–", "left before"],
};
const RESULTS = {
  successful: ["good", "✓"],
  failed: ["bad", "✕"],
  undetermined: ["look", "?"],
  aborted: ["look", "!"],
  not_supported: ["quiet", "–"],
  not_performed: ["quiet", "–"],
};

export class Passages {
  #body;
  #reasons;

  /**
   * @param {HTMLTableSectionElement} body
   * @param {Record<string, string>} reasons what each code means to an officer
   */
  constructor(body, reasons) {
    this.#body = body;
    this.#reasons = reasons;
  }

  /** Show these passages, newest first; rows that are there already stay as they are. */
  show(passages) {
    const there = new Map([...this.#body.rows].map((row) => [row.dataset.key, row]));
    const rows = passages.flatMap((passage) => {
      const key = passage.transaction;
      const found = there.get(key);
      return found ? [found, there.get(`${key} details`)] : this.#make(passage);
    });
    const kept = new Set(rows);
    for (const row of there.values()) if (!kept.has(row)) row.remove();
    rows.forEach((row, at) => {
      if (this.#body.rows[at] !== row) this.#body.insertBefore(row, this.#body.rows[at] ?? null);
    });
  }

  #make(passage) {
    const id = `details-${passage.transaction}`;
    const button = element(
      "button",
      { type: "button", class: "expand", "aria-expanded": "false", "aria-controls": id },
      element("span", { class: "chevron", "aria-hidden": "true" }, "›"),
      element("span", { class: "sr-only" }, `Checks and timings of ${passage.transaction}`),
    );
    const row = element(
      "tr",
      {},
      element("td", {}, element("time", { datetime: passage.at }, moment(passage.at))),
      element("td", {}, element("code", {}, passage.transaction)),
      element("td", {}, this.#decision(passage)),
      element("td", {}, ...this.#reasonList(passage.reasons)),
      element("td", { class: "number" }, this.#decidedIn(passage.timings_ms)),
      element("td", {}, button),
    );
    const details = this.#details(passage, id);
    row.dataset.key = passage.transaction;
    details.dataset.key = `${passage.transaction} details`;
    button.addEventListener("click", () => {
      details.hidden = !details.hidden;
      button.setAttribute("aria-expanded", String(!details.hidden));
    });
    return [row, details];
  }

  #decision({ decision, passed, released }) {
    const [kind, mark, word] = DECISIONS[decision];
    const byOfficer = released ? ", released by an officer" : "";
    const notUsed = passed === false ? ", not used" : "";
    return marked(kind, mark, word + byOfficer + notUsed);
  }

  #reasonList(codes) {
    return codes.map((code) =>
      element(
        "div",
        { class: "reason" },
        element("code", {}, code),
        element("span", {}, this.#reasons[code] ?? ""),
      ),
    );
  }

  #decidedIn(timings) {
    return Object.hasOwn(timings, "decision") ? milliseconds(timings.decision) : "–";
  }

  #details(passage, id) {
    const cell = element(
      "td",
      { colspan: "6" },
      element(
        "div",
        { class: "details" },
        this.#checks(passage.checks),
        this.#timings(passage.timings_ms),
      ),
    );
    const row = element("tr", { id, class: "details-row" }, cell);
    row.hidden = true;
    return row;
  }

  #checks(checks) {
    const failed = checks.filter((check) => check.result === "failed").length;
    const rows = checks.map((check) =>
      element(
        "tr",
        {},
        element("th", { scope: "row" }, element("code", {}, check.id)),
        element("td", {}, marked(...RESULTS[check.result], plain(check.result))),
        element("td", {}, check.detail),
      ),
    );
    return element(
      "table",
      { class: "checks" },
      element("caption", {}, `Checks: ${checks.length}${failed ? `, ${failed} failed` : ""}`),
      element("tbody", {}, ...rows),
    );
  }

  #timings(timings) {
    const longest = Math.max(1, ...Object.values(timings));
    const rows = Object.entries(timings).map(([step, value]) => {
      const bar = element("span", { class: "bar", "aria-hidden": "true" });
      bar.style.setProperty("--share", String(value / longest));
      return element(
        "tr",
        {},
        element("th", { scope: "row" }, plain(step)),
        element("td", { class: "number" }, milliseconds(value)),
        element("td", { class: "bar-cell" }, bar),
      );
    });
    return element(
      "table",
      { class: "timings" },
      element("caption", {}, "Timings"),
      element("tbody", {}, ...rows),
    );
  }
}
