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
