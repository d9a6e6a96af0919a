import { createHmac } from "node:crypto";

/** The call with its time and signature. secret: 64 hexadecimal digits, as the console shows them. */
export function sign(params, keyNumber, secret, now = Date.now() / 1000) {
  const given = Object.entries(params).filter(([name, value]) => value !== null && value !== undefined && name !== "sig");
  const signed = { ...Object.fromEntries(given), ts: String(Math.floor(now)), sigkey: String(keyNumber) };
  return { ...signed, sig: createHmac("sha256", Buffer.from(secret, "hex")).update(canonical(signed)).digest("hex") };
}

/** What is signed: name=value, both percent-encoded, in the order of the names, joined with &. */
export function canonical(params) {
  const encoded = Object.entries(params).map(([name, value]) => [encode(name), encode(value)]);
  encoded.sort(([one], [other]) => (one < other ? -1 : 1));
  return encoded.map(([name, value]) => `${name}=${value}`).join("&");
}

/** encodeURIComponent leaves five more characters than the signature does. */
function encode(text) {
  const percent = (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`;
  return encodeURIComponent(String(text)).replace(/[!'()*]/g, percent);
}
