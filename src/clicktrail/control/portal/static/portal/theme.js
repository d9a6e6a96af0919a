// Before the first paint: the colours that were chosen here, else the system's. `dark` is what the charts look at.
(function () {
  "use strict";
  const root = document.documentElement;
  const system = window.matchMedia("(prefers-color-scheme: dark)");
  function chosen() {
    try { return localStorage.getItem("portal-theme") || ""; } catch (_) { return ""; }
  }
  function apply() {
    const choice = chosen();
    root.dataset.theme = choice;
    root.classList.toggle("dark", choice ? choice === "dark" : system.matches);
  }
  window.portalTheme = {
    chosen: chosen,
    choose: function (value) {
      try { localStorage.setItem("portal-theme", value); } catch (_) { /* It lasts as long as the page. */ }
      apply();
    },
  };
  root.classList.add("js");
  system.addEventListener("change", apply);
  apply();
})();
