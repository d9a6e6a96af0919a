// The browser's time zone goes with the form, so that every page shows times as the clock on the wall does.
document.querySelectorAll("[data-zone]").forEach((field) => {
  field.value = Intl.DateTimeFormat().resolvedOptions().timeZone || "";
});
