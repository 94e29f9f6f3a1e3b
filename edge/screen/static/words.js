// The catalogues, and which of them is spoken now.

export class Words {
  #default;
  #languages;
  #chosen = null;
  #suggested = null;

  constructor({ default: code, languages }) {
    this.#default = code;
    this.#languages = languages;
  }

  /** Every language: [code, its own name]. */
  get all() {
    return Object.entries(this.#languages).map(([code, one]) => [code, one.name]);
  }

  /** The traveller's choice, else what the document suggests, else the gate's own. */
  get code() {
    return this.#chosen ?? this.#suggested ?? this.#default;
  }

  choose(code) {
    this.#chosen = this.#known(code);
  }

  suggest(code) {
    this.#suggested = this.#known(code);
  }

  /** The next traveller chooses anew. */
  forget() {
    this.#chosen = null;
    this.#suggested = null;
  }

  get choice() {
    return this.#words.choose;
  }

  get training() {
    return this.#words.training;
  }

  get keep() {
    return this.#words.keep;
  }

  get otherwise() {
    return this.#words.otherwise;
  }

  sign(sign) {
    return this.#words.signs[sign];
  }

  more(sign) {
    return this.#words.more[sign] ?? "";
  }

  hint(hint) {
    return this.#words.hints[hint] ?? this.#words.hints["look-here"];
  }

  get #words() {
    return this.#languages[this.code];
  }

  #known(code) {
    return code !== null && Object.hasOwn(this.#languages, code) ? code : null;
  }
}

/** Fetch the catalogues; keeps asking, for a screen may wake before its gate. */
export async function fetchWords() {
  for (;;) {
    try {
      const answer = await fetch("/catalogues");
      if (answer.ok) return new Words(await answer.json());
    } catch {
      // The gate is not there yet.
    }
    await new Promise((resume) => setTimeout(resume, 1000));
  }
}
