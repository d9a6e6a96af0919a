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

// Escape closes what lies over the page: the menu of narrow screens, the menu of the account.
document.addEventListener("keydown", (event) => {
  const page = document.getElementById("page");
  if (event.key !== "Escape" || !page || !window.Alpine) return;
  const frame = Alpine.$data(page);
  if (frame.sidebarMobileOpen) {
    frame.sidebarMobileOpen = false;
    [...document.querySelectorAll("header .ct-bare")].find((button) => button.offsetParent)?.focus();
  }
  for (const menu of document.querySelectorAll('[x-show="openUserLinks"]')) {
    const account = Alpine.$data(menu);
    if (!account.openUserLinks) continue;
    account.openUserLinks = false;
    menu.parentElement.querySelector('[role="button"]')?.focus();
  }
});
