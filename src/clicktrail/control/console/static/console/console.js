// What htmx would write into the page, and run of what stands in it, the content policy need not allow.
if (window.htmx) Object.assign(htmx.config, { allowEval: false, includeIndicatorStyles: false });

// The theme's scrolling lists get names of their own, what it opens by a click of the mouse opens by the keyboard too.
document.addEventListener("DOMContentLoaded", () => {
  const words = document.getElementById("page")?.dataset;
  if (!words) return;
  for (const list of document.querySelectorAll("[data-simplebar]")) {
    list.dataset.simplebarAriaLabel = list.id === "nav-sidebar-apps" ? words.pages : words.rows;
  }
  for (const element of document.querySelectorAll("[x-on\\:click]:not(a[href], button, input, select, textarea)")) {
    element.setAttribute("role", "button");
    element.tabIndex = 0;
    if (element.matches(".material-symbols-outlined")) element.setAttribute("aria-label", words.menu);
    element.addEventListener("keydown", (event) => {
      if (event.target !== element || !["Enter", " "].includes(event.key)) return;
      event.preventDefault();
      element.click();
    });
  }
});
