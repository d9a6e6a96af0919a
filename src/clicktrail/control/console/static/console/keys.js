// A list by keyboard: rows are walked with j and k, chosen with x, opened with Enter; ? shows all keys.
// Never in a field, never together with Ctrl, Alt or Meta; and they can be switched off in this browser.
document.addEventListener("DOMContentLoaded", () => {
  const form = document.querySelector("[data-worklist]");
  const dialog = document.querySelector("[data-keys]");
  const switchBox = document.querySelector("[data-keys-on]");
  const kept = "clicktrail-keys";
  const isOn = () => {
    try { return localStorage.getItem(kept) !== "off"; } catch { return true; }
  };
  const rows = () => [...document.querySelectorAll("[data-calls] tr[data-row], #result_list > tbody:not([hidden]) tr[data-row]")];
  const current = () => document.activeElement && document.activeElement.closest("tr[data-row]");

  // What is chosen

  const tick = (row) => row.querySelector(".ct-tick input");
  const chosen = form && form.querySelector("[data-chosen]");
  const page = form && form.querySelector("[data-page]");
  const all = form && form.querySelector("[data-all]");
  const count = () => {
    if (!chosen) return;
    const boxes = rows().map(tick).filter(Boolean);
    const number = boxes.filter((box) => box.checked).length;
    chosen.textContent = number ? chosen.dataset.some.replace("%s", number) : chosen.dataset.none;
    if (page) {
      page.checked = number > 0 && number === boxes.length;
      page.indeterminate = number > 0 && number < boxes.length;
    }
  };
  const chooseAll = (on) => {
    for (const row of rows()) if (tick(row)) tick(row).checked = on;
    count();
  };
  if (form) {
    form.addEventListener("change", (event) => {
      if (event.target === page) chooseAll(page.checked);
      if (event.target === all) chooseAll(all.checked);
      if (event.target.closest(".ct-tick") && all && !event.target.checked) all.checked = false;
      count();
    });
    form.addEventListener("click", (event) => {
      const row = event.target.closest("tr[data-row]");
      if (!row || event.target.closest("a, button, input, label, summary, .ct-tick")) return;
      if (String(getSelection())) return;
      location.href = row.dataset.href;
    });
    count();
  }

  // Walking

  const go = (step) => {
    const list = rows();
    if (!list.length) return;
    const at = list.indexOf(current());
    const next = at < 0 ? (step > 0 ? 0 : list.length - 1) : Math.min(list.length - 1, Math.max(0, at + step));
    list[next].focus();
    list[next].scrollIntoView({ block: "nearest" });
  };
  const follow = (selector) => {
    const link = document.querySelector(selector);
    if (link) location.href = link.href;
  };
  const press = (key) => {
    const button = form && form.querySelector(`button[data-key="${key}"]`);
    if (!button) return false;
    const here = current() && tick(current());
    if (here && !form.querySelector(".ct-tick input:checked") && !(all && all.checked)) here.checked = true;
    form.requestSubmit(button);
    return true;
  };
  const deeds = {
    j: () => go(1),
    k: () => go(-1),
    x: () => {
      const box = current() && tick(current());
      if (box) box.click();
    },
    a: () => page && page.click(),
    "/": () => document.querySelector("[data-keys-search]").focus(),
    "[": () => follow("[data-keys-newer]"),
    "]": () => follow("[data-keys-older]"),
    "?": () => dialog && dialog.showModal(),
  };
  const isField = (element) => element.closest("input:not([type=checkbox]), select, textarea, [contenteditable]") !== null;

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || event.defaultPrevented || event.isComposing) return;
    if (!(event.target instanceof Element) || isField(event.target) || document.querySelector("dialog[open]")) return;
    const row = event.target.matches("tr[data-row]") ? event.target : null;
    if (row && event.key === "Enter") {
      location.href = row.dataset.href;
      return;
    }
    if (row && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
      event.preventDefault();
      go(event.key === "ArrowDown" ? 1 : -1);
      return;
    }
    if (!isOn()) return;
    if (event.key in deeds) {
      event.preventDefault();
      deeds[event.key]();
    } else if (event.key.length === 1 && /[a-z]/.test(event.key) && press(event.key)) {
      event.preventDefault();
    }
  });

  // The list of keys

  if (!dialog) return;
  for (const button of document.querySelectorAll("[data-keys-open]")) button.addEventListener("click", () => dialog.showModal());
  dialog.querySelector("[data-keys-close]").addEventListener("click", () => dialog.close());
  switchBox.checked = isOn();
  switchBox.addEventListener("change", () => {
    try { localStorage.setItem(kept, switchBox.checked ? "on" : "off"); } catch { /* then they stay on */ }
  });
});
