// Creatives and click targets: what was chosen is shown, what is ready is copied, placeholders go where the cursor stands.
"use strict";

// <button data-copy="#id" data-copied="Copied">: pages say their own words.
document.addEventListener("click", async (event) => {
  const button = event.target.closest("button[data-copy]");
  if (!button || !button.dataset.copied) return;
  const source = document.querySelector(button.dataset.copy);
  try {
    await navigator.clipboard.writeText(source.value);
  } catch {
    source.select(); // Without https there is no clipboard to write to.
    document.execCommand("copy");
  }
  const before = button.dataset.before || button.textContent;
  button.dataset.before = before;
  button.textContent = button.dataset.copied;
  setTimeout(() => { button.textContent = before; }, 2000);
});

document.addEventListener("DOMContentLoaded", () => {
  const address = document.querySelector("[data-target-address]");
  if (address) targets(address);
});

// On the way down: the theme's own script looks for a text field beside every file field, and there is none.
document.addEventListener("change", (event) => {
  if (!event.target.matches("[data-picture]")) return;
  event.stopPropagation();
  show(event.target);
}, true);

function targets(address) {
  const url = document.querySelector("[data-target-url]");
  const program = document.querySelector("select[name=program]");
  const told = () => {
    if (url) url.value = address.value;
    const chosen = document.querySelector("[data-target-program]");
    if (chosen && program) chosen.value = program.value;
  };
  address.addEventListener("input", told);
  if (program) program.addEventListener("change", () => { told(); address.dispatchEvent(new Event("input", { bubbles: true })); });
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-insert], [data-write]");
    if (!button) return;
    const { insert, write } = button.dataset;
    if (write !== undefined) address.value = write;
    else address.setRangeText(insert, address.selectionStart, address.selectionEnd, "end");
    address.focus();
    address.dispatchEvent(new Event("input", { bubbles: true }));
  });
}

// The picture as it was chosen, before it is sent. What it really is, the server looks at.
function show(field) {
  const before = field.parentElement.querySelector(".ct-chosen");
  if (before) before.remove();
  const file = field.files[0];
  if (!file || !field.accept.split(",").includes(file.type)) return;
  const reader = new FileReader();
  reader.addEventListener("load", () => {
    const box = document.createElement("div");
    const image = new Image();
    const size = document.createElement("span");
    box.className = "ct-chosen";
    image.className = "ct-thumb";
    image.alt = "";
    size.className = "ct-faint";
    image.addEventListener("load", () => { size.textContent = `${image.naturalWidth} × ${image.naturalHeight}`; });
    image.src = reader.result;
    box.append(image, size);
    field.insertAdjacentElement("afterend", box);
  });
  reader.readAsDataURL(file);
}
