// The page of the API. Nothing is loaded from elsewhere, and no document of ours is sent to a validator.
const place = document.getElementById("docs");

SwaggerUIBundle({
  url: place.dataset.document,
  domNode: place,
  presets: [SwaggerUIBundle.presets.apis],
  layout: "BaseLayout",
  deepLinking: true,
  validatorUrl: null,
  persistAuthorization: false,
  docExpansion: "list",
  displayRequestDuration: true,
  defaultModelsExpandDepth: 0,
});

/* What its parts lack for who reads by ear or works by keyboard: headings in order, and no link within a button. */
function mend() {
  place.querySelectorAll("h3.opblock-tag:not([aria-level]), .models h4:not([aria-level])").forEach((heading) => {
    heading.setAttribute("role", "heading");
    heading.setAttribute("aria-level", "2");
  });
  place.querySelectorAll(".opblock-summary-control a[href]").forEach((link) => link.removeAttribute("href"));
}

new MutationObserver(mend).observe(place, { childList: true, subtree: true });
