// The question of a report: who types a day means days of his own, and only what is needed is shown.
(() => {
  "use strict";
  const form = document.querySelector("[data-ask]");
  if (!form) return;
  const show = () => {
    form.querySelector('[data-days="compare"]').hidden = form.elements.compare.value !== "own";
  };
  form.addEventListener("change", (event) => {
    if (["from", "to"].includes(event.target.name)) form.querySelector("[data-own]").checked = true;
    show();
  });
  show();
})();
