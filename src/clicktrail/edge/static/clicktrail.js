/* Clicktrail for shops: keeps a visit's ClickID until the order. Options: kits/js/README.md */
(() => {
  "use strict";
  const doc = document;
  const tag = doc.currentScript || doc.querySelector('script[src*="clicktrail.js"]');
  if (!tag) return;
  const option = tag.dataset;
  const { parameter = "qc_clickid", name = "clicktrail", store = "cookie", days = 30 } = option;
  let allowed = option.consent !== "wait" || (window.clicktrail || {}).consent === true;
  let arrived = "";

  // What fails, fails silently. What comes early waits.
  const safe = (act) => (value) => {
    try { return act(value); } catch { return ""; }
  };
  const ready = (act) => doc.readyState === "loading"
    ? doc.addEventListener("DOMContentLoaded", safe(act)) : safe(act)();
  const genuine = (text) => (/^[A-Z]{2}\d{27}$/.test(text) ? text : "");

  const keep = safe((id) => {
    if (store === "session") sessionStorage.setItem(name, id);
    if (store === "cookie") {
      doc.cookie = name + "=" + id + ";Path=/;SameSite=Lax;Max-Age=" + (id ? days * 86400 : 0) +
        (option.domain ? ";Domain=" + option.domain : "") + (/s:/.test(location.protocol) ? ";Secure" : "");
    }
  });
  const kept = safe(() => {
    if (store === "session") return genuine(sessionStorage.getItem(name));
    return store === "cookie" ? genuine(("; " + doc.cookie).split("; " + name + "=").pop().split(";")[0]) : "";
  });
  const put = (id) => doc.querySelectorAll("[data-clicktrail]").forEach((place) => {
    place["value" in place ? "value" : "textContent"] = id;
  });

  const start = () => {
    if (allowed && arrived) keep(arrived);
    api.clickid = arrived || (allowed && kept()) || "";
    api.fill();
    doc.dispatchEvent(new CustomEvent("clicktrail", { detail: api.clickid }));
    api.pixel();
  };
  const forget = () => {
    allowed = false;
    put(arrived = api.clickid = "");
    keep("");
  };

  // An order nobody sent is nobody's: no ClickID, no pid, no call.
  const pixel = (order) => {
    const facts = { ...option, clickid: api.clickid, ...order };
    if (!allowed || !facts.tid || !(facts.clickid || facts.pid)) return;
    const url = new URL(option.pixel || "get_trans.cgi", tag.src);
    for (const key of "cpid tid umsatz produkt clickid pid subid wmid nocheck".split(" "))
      if (facts[key]) url.searchParams.set(key, facts[key]);
    send(url, 2);
  };
  const send = (url, more) => {
    const image = new Image();
    image.onerror = () => more && setTimeout(send, 2000, url, more - 1);
    image.src = url;
  };

  // Links are marked in the moment of use, later ones too.
  const carry = (event) => {
    const form = event.type === "submit";
    const place = event.target.closest(form ? "form" : "a[href]");
    const attribute = form ? "action" : "href";
    const raw = place.getAttribute(attribute) || "";
    const url = new URL(raw, doc.baseURI);
    const own = url.host && ` ${location.host} ${option.hosts} `.includes(` ${url.host} `);
    if (!api.clickid || raw[0] === "#" || !own) return;
    url.searchParams.set(parameter, api.clickid);
    if (!form || /post/i.test(place.getAttribute("method"))) return place.setAttribute(attribute, url);
    const input = place.querySelector(`[name=${parameter}]`) || place.appendChild(doc.createElement("input"));
    Object.assign(input, { type: "hidden", name: parameter, value: api.clickid });
  };

  const api = window.clicktrail = {
    clickid: "",
    consent: safe((yes) => {
      if (yes === false) return forget();
      if (!allowed) { allowed = true; start(); }
    }),
    forget: safe(forget),
    fill: safe(() => api.clickid && put(api.clickid)),
    pixel: (order) => ready(() => pixel(order))
  };
  safe(() => {
    arrived = genuine(new URLSearchParams(location.search).getAll(parameter).pop()) || genuine(option.clickid);
    doc.addEventListener("clicktrail:consent", (event) => api.consent(event.detail));
    for (const type of ["click", "auxclick", "contextmenu", "submit"])
      if ("carry" in option) window.addEventListener(type, safe(carry), true);
    ready(start);
  })();
})();
