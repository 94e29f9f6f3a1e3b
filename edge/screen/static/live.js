// A live stream from the gate.  What it said last counts only while its beat is heard.

const PATIENCE_MS = 3500;
const LOOK_EVERY_MS = 250;

/**
 * Watch a stream until the page goes.
 * @param {string} url
 * @param {(view: object) => void} onView called with each new view
 * @param {() => void} onLost called once when the gate has gone quiet, again after each recovery
 */
export function watch(url, onView, onLost) {
  let source = null;
  let edition = null;
  let heardAt = performance.now();
  let lost = false;
  let last = null;

  function hear() {
    heardAt = performance.now();
    if (lost && last !== null) onView(last);
    lost = false;
  }

  function open() {
    source?.close();
    source = new EventSource(url);
    source.addEventListener("hello", (event) => {
      if (edition !== null && edition !== event.data) location.reload();
      edition = event.data;
      // A new connection starts from nothing: what was shown before it may be over.
      last = null;
    });
    source.addEventListener("beat", () => {
      if (last !== null) hear();
    });
    source.addEventListener("view", (event) => {
      last = JSON.parse(event.data);
      lost = false;
      heardAt = performance.now();
      onView(last);
    });
  }

  open();
  setInterval(() => {
    const quietFor = performance.now() - heardAt;
    if (quietFor < PATIENCE_MS) return;
    if (!lost) {
      lost = true;
      onLost();
    }
    // EventSource gives up for good on an answer that is no stream; we do not.
    if (source.readyState === EventSource.CLOSED) open();
  }, LOOK_EVERY_MS);
}
