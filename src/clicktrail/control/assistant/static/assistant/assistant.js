// Copy buttons. Without https the browser gives no clipboard: then the text is selected, and the button says what to press.
document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const source = document.getElementById(button.dataset.copy);
  const status = document.querySelector("[data-copied]");
  const words = button.firstChild;
  button.dataset.words = button.dataset.words || words.nodeValue;
  let told = button.dataset.done;
  try {
    await navigator.clipboard.writeText(source.textContent);
  } catch {
    getSelection().selectAllChildren(source);
    source.focus({ preventScroll: true });
    told = button.dataset.help;
  }
  words.nodeValue = status.textContent = told;
  setTimeout(() => { words.nodeValue = button.dataset.words; status.textContent = ""; }, 4000);
});
