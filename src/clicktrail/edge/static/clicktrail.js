/* Clicktrail for shops: keeps a visit's ClickID until the order. Options: kits/js/README.md */
(() => {
  "use strict";
  const doc = document;
  // A module has no currentScript and runs once for all its tags, so their options are merged; the tag with an order wins.
  const tags = [...doc.querySelectorAll('script[src*="clicktrail.js"], script[data-cpid]')];
  const ordered = [...tags].sort((a, b) => ("tid" in a.dataset) - ("tid" in b.dataset));
  const tag = doc.currentScript || ordered.pop();
  if (!tag) return;
  const option = doc.currentScript ? tag.dataset : Object.assign({}, ...ordered.map((one) => one.dataset), tag.dataset);
  const { parameter = "qc_clickid", name = "clicktrail", store = "cookie", days = 30 } = option;
  const { consent = "given" } = Object.assign({}, ...tags.map((one) => one.dataset), option);
  let allowed = consent === "given" || (window.clicktrail || {}).consent === true;
  let arrived = "";

  // What fails, fails silently. What comes early waits; nothing happens on a prerendered page until it is shown.
  const safe = (act) => (...values) => {
    try { return act(...values); } catch { return ""; }
  };
  const ready = (act) => {
    if (doc.prerendering) return doc.addEventListener("prerenderingchange", () => ready(act), { once: true });
    return doc.readyState === "loading" ? doc.addEventListener("DOMContentLoaded", safe(act)) : safe(act)();
  };

  // ClickIDs are read in any case and without spaces, invisible characters or lines around them.
  const genuine = (text) => {
    const clean = String(text || "").replace(/[\s\p{Cc}\p{Cf}]+/gu, "").toUpperCase();
    return /^[A-Z]{2}[0-9]{27}$/.test(clean) ? clean : "";
  };
  const last = (texts) => texts.map(genuine).filter(Boolean).pop() || "";
  const decode = (text) => {
    try { return decodeURIComponent(text.replace(/\+/g, " ")); } catch { return text; }
  };
  // "&amp;" and ";" separate as well, as shops and templates write them; the fragment may hold parameters too.
  const named = (piece) => decode(piece.split("=")[0]).trim().toLowerCase() === parameter.toLowerCase();
  const found = (url) => url.split(/[?#&;]/).slice(1).filter(named)
    .map((piece) => decode(piece.slice(piece.indexOf("=") + 1)));
  // The page's own scripts may have changed the URL already: the navigation still has the first one.
  const first = safe(() => performance.getEntriesByType("navigation")[0].name);
  const urls = () => [first(), location.href];

  // A cookie that the shop's server sets is read here and never written, only removed.
  const inCookie = store === "cookie" || store === "server";
  const keep = safe((id) => {
    if (store === "session") sessionStorage.setItem(name, id);
    if (store === "cookie" || (inCookie && !id)) {
      doc.cookie = name + "=" + id + ";Path=/;SameSite=Lax;Max-Age=" + (id ? days * 86400 : 0) +
        (option.domain ? ";Domain=" + option.domain : "") + (/s:/.test(location.protocol) ? ";Secure" : "");
    }
  });
  const kept = safe(() => {
    if (store === "session") return genuine(sessionStorage.getItem(name));
    const own = (text) => text.startsWith(name + "=");
    return inCookie ? last(doc.cookie.split("; ").filter(own).map((text) => text.slice(name.length + 1))) : "";
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
  // Only true is a yes. Null and undefined are no answer yet; everything else is a no.
  const decide = (answer) => {
    if (answer === undefined || answer === null) return;
    if (answer !== true) forget();
    else if (!allowed) { allowed = true; ready(start); }
  };

  // Without a ClickID or a partner number the order came from no partner: no call. Zero is a value, true is 1.
  const text = (value) => value === true ? "1" : value === false || value === undefined || value === null ? ""
    : typeof value === "object" ? JSON.stringify(value) : String(value);
  const pixel = (order) => {
    const facts = { ...option, clickid: api.clickid, ...order };
    if (!allowed || text(facts.tid) === "" || !(facts.clickid || facts.pid)) return;
    const url = new URL(option.pixel || "get_trans.cgi", tag.src);
    for (const key of "cpid tid umsatz currency produkt clickid pid subid wmid nocheck".split(" "))
      if (text(facts[key]) !== "") url.searchParams.set(key, text(facts[key]));
    send(url, 2);
  };
  const send = (url, more) => {
    const image = new Image();
    image.onerror = () => more && setTimeout(send, 2000, url, more - 1);
    image.src = url;
  };

  // The shop's own hosts. The parameter is appended to a URL's text; the shop's query stays as it is written.
  const own = (url) => /^https?:$/.test(url.protocol) && [location.host, ...(option.hosts || "").split(/[\s,]+/)]
    .some((host) => host && safe(() => new URL(url.protocol + "//" + host).host)() === url.host);
  const link = (raw) => {
    if (!api.clickid || /^\s*#/.test(raw) || !own(new URL(raw, doc.baseURI))) return raw;
    const [page, ...fragment] = (raw.trim() || new URL(raw, doc.baseURI).href).split("#");
    const [path, ...query] = page.split("?");
    const pieces = query.join("?").split("&").filter((piece) => piece && !named(piece));
    const url = path + "?" + [...pieces, parameter + "=" + api.clickid].join("&");
    return [url, ...fragment].join("#");
  };
  const mark = (place, attribute) => {
    const raw = place.getAttribute(attribute) || "", marked = link(raw);
    if (marked !== raw) place.setAttribute(attribute, marked);
  };
  const markForm = (form, button) => {
    const has = (attribute) => button && button.hasAttribute && button.hasAttribute("form" + attribute);
    const method = (has("method") ? button.getAttribute("formmethod") : form.getAttribute("method")) || "get";
    const [place, attribute] = has("action") ? [button, "formaction"] : [form, "action"];
    if (/^\s*post\s*$/i.test(method)) return mark(place, attribute);
    const raw = place.getAttribute(attribute) || "";
    if (/^\s*dialog\s*$/i.test(method) || !api.clickid || !own(new URL(raw, doc.baseURI))) return;
    // A browser replaces the query of the action of a GET form with the fields.
    const inputs = [...form.querySelectorAll("input")].filter((input) => input.name === parameter);
    const input = inputs[0] || form.appendChild(doc.createElement("input"));
    Object.assign(input, { type: "hidden", name: parameter, value: api.clickid });
  };
  // Links and forms are marked in the moment of use: later ones are included, also those in a shadow tree.
  const carry = (event) => {
    if (event.type === "submit") return markForm(event.target, event.submitter);
    const place = event.composedPath().find((one) => one.matches && one.matches("a[href], area[href]"));
    if (place) mark(place, "href");
  };
  const startCarrying = () => {
    for (const type of ["click", "auxclick", "contextmenu", "dragstart", "submit"])
      window.addEventListener(type, safe(carry), true);
    // form.submit() raises no event.
    const { submit } = HTMLFormElement.prototype;
    HTMLFormElement.prototype.submit = function () {
      safe(markForm)(this);
      return submit.call(this);
    };
  };

  const api = window.clicktrail = {
    clickid: "",
    consent: safe((...answers) => decide(answers.length ? answers[0] : true)),
    forget: safe(forget),
    fill: safe(() => api.clickid && put(api.clickid)),
    link: (url) => safe(link)(String(url)) || url,
    pixel: (order) => ready(() => pixel(order))
  };
  doc.addEventListener("clicktrail:consent", safe((event) => decide(event.detail)));
  safe(() => {
    arrived = last(urls().flatMap(found)) || genuine(option.clickid);
    if ("carry" in option) startCarrying();
    ready(start);
  })();
})();
