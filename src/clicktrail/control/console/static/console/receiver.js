// The address of a receiver, checked while it is typed: filled for a sample order, or what is wrong with it.
document.addEventListener("DOMContentLoaded", () => {
  const field = document.querySelector("[data-receiver-address]");
  if (!field) return;
  const said = document.createElement("p");
  said.className = "ct-faint ct-wrap";
  said.setAttribute("role", "status");
  field.insertAdjacentElement("afterend", said);
  const page = window.location.pathname.replace(/(add|\d+\/change)\/$/, "check/");
  const receiver = /(\d+)\/change\/$/.exec(window.location.pathname);
  const kind = document.querySelector("[name=kind]");
  let timer = 0;
  field.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(async () => {
      const query = new URLSearchParams({ address: field.value });
      if (receiver) query.set("receiver", receiver[1]);
      if (kind) query.set("kind", kind.value);
      const answer = await fetch(`${page}?${query}`);
      if (!answer.ok) return;
      const { filled, fault } = await answer.json();
      said.textContent = fault || `For a sample order: ${filled}`;
    }, 300);
  });
});
