// Times, durations and rates as a technician reads them.

/** `2 d 3 h`, `4 min 5 s`, `0.8 s` for a number of seconds. */
export function duration(seconds) {
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  const whole = Math.floor(seconds);
  const parts = [
    [Math.floor(whole / 86400), "d"],
    [Math.floor(whole / 3600) % 24, "h"],
    [Math.floor(whole / 60) % 60, "min"],
    [whole % 60, "s"],
  ];
  const first = parts.findIndex(([count]) => count > 0);
  return parts
    .slice(first, first + 2)
    .map(([count, unit]) => `${count} ${unit}`)
    .join(" ");
}

/** `850 ms` or `3.21 s` for a number of milliseconds. */
export function milliseconds(value) {
  if (value < 1000) return `${Math.round(value * 10) / 10} ms`;
  return `${(value / 1000).toFixed(2)} s`;
}

/** Local time of day, with the date as well when it is not today. */
export function moment(iso) {
  const at = new Date(iso);
  const time = at.toLocaleTimeString([], { hour12: false });
  const today = at.toDateString() === new Date().toDateString();
  return today ? time : `${at.toLocaleDateString()} ${time}`;
}

/** `present-document` and `chip_reader` as words. */
export function plain(name) {
  return name.replaceAll(/[-_]/g, " ");
}

/** `3 of 120 (0.9 % to 7.1 %)`: a part, and where the rate behind it lies; a dash without trials. */
export function share({ part, whole, low, high }) {
  const percent = (rate) => `${Number((100 * rate).toPrecision(2))} %`;
  return whole === 0 ? "–" : `${part} of ${whole} (${percent(low)} to ${percent(high)})`;
}
