// What htmx would write into the page, and run of what stands in it, the content policy need not allow.
if (window.htmx) Object.assign(htmx.config, { allowEval: false, includeIndicatorStyles: false });
