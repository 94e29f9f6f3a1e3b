// The recipe of docs/events.md in another language, with nothing but Node's own libraries: verifies
// the events in a folder, opens what is sealed, and prints what it found as JSON.
import crypto from "node:crypto";
import fs from "node:fs";

const folder = process.argv[2];
const read = (name) => fs.readFileSync(`${folder}/${name}`, "utf8");
const base64url = (bytes) => Buffer.from(bytes).toString("base64url");
const sha256 = (bytes) => crypto.createHash("sha256").update(bytes).digest();
const refuse = (why) => {
  throw new Error(why);
};

// RFC 8785; JSON.stringify writes numbers and strings as it demands, sort() is by UTF-16 units.
function canonical(value) {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  const members = Object.keys(value).sort();
  return `{${members.map((name) => `${JSON.stringify(name)}:${canonical(value[name])}`).join(",")}}`;
}

// RFC 7638.
function thumbprint({ crv, kty, x, y }) {
  return base64url(sha256(canonical(kty === "OKP" ? { crv, kty, x } : { crv, kty, x, y })));
}

const keys = new Map();
for (const jwk of JSON.parse(read("info.json")).keys) {
  const header = base64url(canonical({ alg: jwk.alg, kid: thumbprint(jwk) }));
  const key = crypto.createPublicKey({ key: jwk, format: "jwk" });
  const digest = jwk.alg === "Ed25519" ? null : "sha256";
  keys.set(header, { source: jwk.source, digest, key: { key, dsaEncoding: "ieee-p1363" } });
}

function verify({ signature, ...rest }) {
  const [header, value] = signature.split("..");
  const found = keys.get(header) ?? refuse("no key that counts");
  if (found.source !== rest.source) refuse("another gate's key");
  const signed = Buffer.from(`${header}.${base64url(canonical(rest))}`);
  return crypto.verify(found.digest, signed, found.key, Buffer.from(value, "base64url"));
}

// RFC 7516, RFC 7518 §4.6: ECDH-ES, Concat KDF with one round, A256GCM.
function open(sealed, privateJwk) {
  const [header, , iv, text, tag] = sealed.split(".");
  const { epk, enc } = JSON.parse(Buffer.from(header, "base64url"));
  const secret = crypto.diffieHellman({
    privateKey: crypto.createPrivateKey({ key: privateJwk, format: "jwk" }),
    publicKey: crypto.createPublicKey({ key: epk, format: "jwk" }),
  });
  const number = (value) => Buffer.from([0, 0, value >> 8, value & 255]);
  const info = [number(enc.length), Buffer.from(enc), number(0), number(0), number(256)];
  const key = sha256(Buffer.concat([number(1), secret, ...info]));
  const opening = crypto.createDecipheriv("aes-256-gcm", key, Buffer.from(iv, "base64url"));
  opening.setAAD(Buffer.from(header));
  opening.setAuthTag(Buffer.from(tag, "base64url"));
  const plain = [opening.update(Buffer.from(text, "base64url")), opening.final()];
  return JSON.parse(Buffer.concat(plain).toString());
}

const [privateJwk] = JSON.parse(read("specimen-private-key.jwks.json")).keys;
const opened = [];
let previous = "0".repeat(64);
let sequence = 0;
for (const line of read("events.ndjson").trimEnd().split("\n")) {
  const event = JSON.parse(line);
  if (canonical(event) !== line) refuse("not canonical");
  if (!verify(event)) refuse("forged");
  if (Number(event.sequence) !== ++sequence || event.prevhash !== previous) refuse("no chain");
  previous = sha256(line).toString("hex");
  if (event.data.sealed) opened.push(open(event.data.sealed, privateJwk));
}
const head = verify(JSON.parse(read("health.json")).head);
console.log(JSON.stringify({ events: sequence, last_hash: previous, head, opened }));
