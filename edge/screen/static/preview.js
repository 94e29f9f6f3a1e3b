// The live picture of the camera with a guide: asked for, drawn, and forgotten.

import { element, setText } from "/static/element.js";
import { plain } from "/static/format.js";
import { post } from "/static/post.js";

const GUIDE = { height: 0.56, widest: 0.6, ratio: 1.35 }; // shares of the picture, and of itself
const GOOD = "#7ee2a8";
const LEAST = 25;
const PAUSE_MS = 60;
const panel = document.getElementById("camera");
const button = document.getElementById("camera-button");
const canvas = document.getElementById("camera-picture");
const facts = document.getElementById("camera-facts");
const measures = document.getElementById("camera-measures");
const answer = document.getElementById("camera-answer");
const pen = canvas.getContext("2d");
let key = null;

/** Where a face should be, as large as one that is easily compared. */
function guide(style) {
  const across = Math.min((GUIDE.height * canvas.height) / GUIDE.ratio, GUIDE.widest * canvas.width);
  pen.beginPath();
  pen.ellipse(canvas.width / 2, canvas.height / 2, across / 2, (across * GUIDE.ratio) / 2, 0, 0, 2 * Math.PI);
  pen.setLineDash([10, 8]);
  stroke(style);
}

/** A line that can be seen on any picture: light on a dark seam. */
function stroke(style) {
  pen.lineWidth = 5;
  pen.strokeStyle = "rgb(0 0 0 / 0.6)";
  pen.stroke();
  pen.lineWidth = 2.5;
  pen.strokeStyle = style;
  pen.stroke();
  pen.setLineDash([]);
}

function draw(bitmap, look) {
  canvas.width = bitmap.width;
  canvas.height = bitmap.height;
  pen.drawImage(bitmap, 0, 0);
  guide(look.usable && look.hint === null ? GOOD : "#ffffff");
  if (look.face === null) return;
  const [left, top, width, height] = look.face.box;
  pen.beginPath();
  pen.rect(left * canvas.width, top * canvas.height, width * canvas.width, height * canvas.height);
  stroke(look.usable ? GOOD : "#ffd43b");
  for (const [x, y] of look.face.landmarks) {
    pen.beginPath();
    pen.arc(x * canvas.width, y * canvas.height, 3, 0, 2 * Math.PI);
    stroke("#ffffff");
  }
}

function say(look) {
  const eyes = look.face === null ? "" : `, eyes ${Math.round(look.face.inter_eye_px)} px apart`;
  setText(
    facts,
    `${look.width} × ${look.height}, ${look.frames_per_s} pictures/s, ` +
      `brightness ${Math.round(look.brightness)} of 255, ` +
      `${look.faces === 1 ? "1 face" : `${look.faces} faces`}${eyes}; ends in ${look.ends_in_s} s`,
  );
  measures.replaceChildren(
    ...Object.entries(look.quality).map(([name, value]) =>
      element(
        "div",
        { class: value < LEAST ? "poor" : "" },
        element("dt", {}, plain(name.replaceAll("_", " "))),
        element("dd", {}, element("meter", { min: 0, max: 100, low: LEAST, value }), String(value)),
      ),
    ),
  );
  const verdict = look.advice ? `${look.advice}.` : look.hint === null ? "The gate would take this picture." : `Hint: ${plain(look.hint)}.`;
  setText(answer, look.face === null ? "No face." : verdict);
}

async function show(mine) {
  while (key === mine) {
    const response = await post("/technician/camera/look", { key: mine });
    if (response.status === 200) {
      const look = JSON.parse(response.headers.get("Egate-Look"));
      const bitmap = await createImageBitmap(await response.blob());
      if (key === mine) {
        draw(bitmap, look);
        say(look);
      }
      bitmap.close();
    } else if (key === mine) {
      setText(answer, "The camera gives no picture.");
    }
    await new Promise((done) => setTimeout(done, PAUSE_MS));
  }
}

/** Leave nothing of the picture on the page. */
function clear(why) {
  key = null;
  canvas.width = canvas.width;
  panel.classList.remove("shown");
  measures.replaceChildren();
  setText(facts, "");
  setText(answer, why);
  setText(button, "Show live picture");
}

async function begin() {
  let mine = null;
  try {
    mine = key = (await (await post("/technician/camera/begin", { wanted: true })).json()).key;
    panel.classList.add("shown");
    setText(button, "End live picture");
    setText(answer, "");
    await show(mine);
  } catch (error) {
    if (key === mine) clear(`Ended: ${error.message}`); // else another one is shown by now
  }
}

button.addEventListener("click", () => {
  if (key === null) {
    begin();
    return;
  }
  post("/technician/camera/end", { key }).catch(() => {});
  clear("");
});
document.addEventListener("visibilitychange", () => {
  if (document.hidden && key !== null) button.click();
});

/** Show the panel where the gate offers the picture. */
export async function start() {
  const response = await fetch("/technician/camera", { cache: "no-store" }).catch(() => null);
  panel.hidden = !(response?.ok ?? false);
}
