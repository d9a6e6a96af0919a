// A list on its way: ask how far it is, and show the result as soon as it is there.
document.addEventListener("DOMContentLoaded", () => {
  const card = document.querySelector("[data-progress]");
  if (card) {
    const [bar, phase, percent] = ["bar", "phase", "percent"].map((name) => card.querySelector(`[data-${name}]`));
    const ask = async () => {
      try {
        const answer = await fetch(card.dataset.progress, { headers: { Accept: "application/json" } });
        const told = await answer.json();
        if (!told.busy) {
          location.reload();
          return;
        }
        bar.value = told.percent;
        phase.textContent = told.phase;
        percent.textContent = `${told.percent}\u00a0%`;
      } catch {
        phase.textContent = card.dataset.away;
      }
      setTimeout(ask, 500);
    };
    ask();
  }
  const all = document.querySelector("[data-all-lines]");
  if (all) {
    all.addEventListener("change", () => {
      for (const box of document.querySelectorAll("input[name=line]")) box.checked = all.checked;
    });
  }
  const shape = "[data-columns] select[name=separator], [data-columns] select[name=sheet]";
  for (const field of document.querySelectorAll(shape)) {
    field.addEventListener("change", () => field.form.requestSubmit());
  }
});
