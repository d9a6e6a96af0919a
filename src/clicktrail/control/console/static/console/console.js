// What htmx would write into the page, and run of what stands in it, the content policy need not allow.
if (window.htmx) Object.assign(htmx.config, { allowEval: false, includeIndicatorStyles: false });

// The partner link of a creative: put together in the page, so that choosing needs no answer from the server.
document.addEventListener("DOMContentLoaded", () => {
  const card = document.querySelector("[data-partner-link]");
  if (!card) return;
  const [partner, subid, link, copied] = ["partner", "subid", "link", "copied"].map((name) =>
    card.querySelector(`[data-${name}]`),
  );
  const refresh = () => {
    const extra = subid.value ? `&subid=${encodeURIComponent(subid.value)}` : "";
    link.value = card.dataset.start + encodeURIComponent(partner.value) + extra;
    copied.textContent = "";
  };
  partner.addEventListener("change", refresh);
  subid.addEventListener("input", refresh);
  card.querySelector("[data-copy]").addEventListener("click", async () => {
    link.select();
    try {
      await navigator.clipboard.writeText(link.value);
      copied.textContent = "Copied.";
    } catch {
      copied.textContent = "Select the link and copy it with the keyboard: this page is not served over https.";
    }
  });
});
