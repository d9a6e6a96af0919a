// What every page of the portal does: the menu of narrow screens, the switch of colours, buttons that copy.
"use strict";

const menu = document.querySelector("[data-menu]");
if (menu) {
  const show = (open) => {
    menu.setAttribute("aria-expanded", String(open));
    document.getElementById("menu").classList.toggle("pt-open", open);
  };
  menu.addEventListener("click", () => show(menu.getAttribute("aria-expanded") !== "true"));
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || menu.getAttribute("aria-expanded") !== "true") return;
    show(false);
    menu.focus();
  });
}

const themes = document.querySelector("[data-theme-switch]");
if (themes) {
  themes.value = window.portalTheme.chosen();
  themes.addEventListener("change", () => window.portalTheme.choose(themes.value));
}

// <button data-copy="#id" data-copied="Copied"> copies the value or the text of that element.
document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const source = document.querySelector(button.dataset.copy);
  const text = "value" in source ? source.value : source.textContent.trim();
  try {
    await navigator.clipboard.writeText(text);
  } catch (_) {
    // Without https there is no clipboard to write to: select it, and let the browser copy what is selected.
    if ("select" in source) source.select();
    else window.getSelection().selectAllChildren(source);
    document.execCommand("copy");
  }
  const before = button.textContent;
  button.textContent = button.dataset.copied;
  setTimeout(() => { button.textContent = before; }, 2000);
});

// A form that answers to its fields: <form data-now> is sent when a choice changes.
document.querySelectorAll("form[data-now]").forEach((form) => {
  form.addEventListener("change", (event) => { if (event.target.matches("select")) form.requestSubmit(); });
});
