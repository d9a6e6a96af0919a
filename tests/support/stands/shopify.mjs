// What Shopify gives a theme, a custom pixel and a webhook, and nothing more.
import { createHmac } from "node:crypto";
import { readFileSync } from "node:fs";
import vm from "node:vm";

const { FOLDER, CLICKID, TID, PORT } = process.env;

// The theme: clicktrail.js tells the ClickID, the cart takes it as an attribute.
const cart = {};
const theme = readFileSync(`${FOLDER}/theme.liquid`, "utf8").replace(/\{\{.*?\}\}/, "null");
const heard = [];
const page = {
  document: { addEventListener: (name, act) => heard.push([name, act]) },
  window: { Shopify: { routes: { root: "/en/" } } },
  fetch: (address, options) => Object.assign(cart, { address }, JSON.parse(options.body).attributes),
};
vm.runInNewContext(/<script>([\s\S]*)<\/script>/.exec(theme)[1], page);
for (const [name, act] of heard) if (name === "clicktrail") act({ detail: CLICKID });
if (cart.address !== "/en/cart/update.js" || cart.clicktrail !== CLICKID) throw new Error(JSON.stringify(cart));

// The order: prices with 19 % tax in them, 113.65 of goods and 7.14 of shipping; 95.50 of goods without tax.
const price = (amount) => ({ amount, currencyCode: "EUR" });
const calls = [];
const checkout = {
  attributes: [{ key: "gift", value: "no" }, { key: "clicktrail", value: cart.clicktrail }],
  order: { id: `gid://shopify/Order/${TID}` },
  subtotalPrice: price(113.65), shippingLine: { price: price(7.14) }, totalTax: price(19.29), totalPrice: price(120.79),
};
const sandbox = {
  analytics: { subscribe: (name, act) => name === "checkout_completed" && act({ data: { checkout } }) },
  fetch: (address, options) => calls.push(fetch(address, options)),
  URLSearchParams,
};
if (process.env.PIXEL) vm.runInNewContext(readFileSync(`${FOLDER}/custom-pixel.js`, "utf8"), sandbox);
await Promise.all(calls);

// The webhook: the same order, signed; and one that somebody else signed.
const body = JSON.stringify({
  id: Number(TID), name: "#1017", subtotal_price: "113.65", total_tax: "19.29", total_price: "120.79", taxes_included: true,
  currency: "EUR",
  total_shipping_price_set: { shop_money: { amount: "7.14", currency_code: "EUR" } },
  note_attributes: [{ name: "clicktrail", value: cart.clicktrail }],
});
const told = [];
for (const secret of ["wrong", process.env.SHOPIFY_WEBHOOK_SECRET]) {
  const headers = { "x-shopify-hmac-sha256": createHmac("sha256", secret).update(body).digest("base64") };
  for (let patience = 100; ; patience--) {
    try {
      told.push((await fetch(`http://127.0.0.1:${PORT}/`, { method: "POST", body, headers })).status);
      break;
    } catch (fault) {
      if (!patience) throw fault;
      await new Promise((resume) => setTimeout(resume, 50)); // it is still starting
    }
  }
}
console.log(JSON.stringify(told));
