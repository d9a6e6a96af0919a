// Receiving from Clicktrail: is a call genuine? One file, nothing to install. Node 16 or later.
const { createHmac, timingSafeEqual } = require("node:crypto");

const same = (a, b) => Buffer.byteLength(a) === Buffer.byteLength(b) && timingSafeEqual(Buffer.from(a), Buffer.from(b));

// query: what stands behind the "?" as it arrived (request.url); secrets: {key number: 64 hex digits}
function postbackIsGenuine(query, secrets, nowMs, windowMs = 300000) {
  const cut = query.lastIndexOf("&ct_sig=");
  if (cut < 0) return false;
  const signed = query.slice(0, cut);
  const found = /(?:^|&)ct_time=(\d+)&ct_key=(\d+)$/.exec(signed);
  if (!found || !Object.hasOwn(secrets, Number(found[2]))) return false;
  const key = Buffer.from(secrets[Number(found[2])], "hex");
  const wanted = createHmac("sha256", key).update(signed).digest("hex");
  return same(wanted, query.slice(cut + "&ct_sig=".length)) && Math.abs(nowMs - Number(found[1])) <= windowMs;
}

// body: Buffer as it arrived; headers: request.headers; secret: whsec_...
function webhookIsGenuine(body, headers, secret, nowS, windowS = 300) {
  const time = headers["webhook-timestamp"] || "";
  if (!/^\d+$/.test(time) || Math.abs(nowS - Number(time)) > windowS) return false;
  const key = Buffer.from(secret.slice("whsec_".length), "base64");
  const mac = createHmac("sha256", key).update(`${headers["webhook-id"] || ""}.${time}.`).update(body);
  const wanted = `v1,${mac.digest("base64")}`;
  return (headers["webhook-signature"] || "").split(" ").some((one) => same(wanted, one));
}

module.exports = { postbackIsGenuine, webhookIsGenuine };
