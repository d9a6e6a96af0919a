// New calls appear by themselves. htmx fetches what was judged since the last time; here it is asked when, and where the rows go.
document.addEventListener("DOMContentLoaded", () => {
  const live = document.querySelector("[data-live]");
  if (!live || !window.htmx) return;
  const [state, button, news, more, fetcher] = ["state", "button", "news", "more", "fetch"].map((name) =>
    live.querySelector(`[data-live-${name}]`),
  );
  const rows = document.querySelector("[data-calls]");
  const incoming = document.getElementById("newer-calls");
  const most = Number(live.dataset.most);
  let order = live.dataset.order;
  let isPaused = false;
  let isAsking = false;

  const idOf = (row) => BigInt(row.dataset.call);
  const newest = () => (rows.querySelector("tr[data-call]") || { dataset: { call: "0" } }).dataset.call;
  const say = (word) => {
    if (state.textContent !== word) state.textContent = word;
  };
  const show = () => {
    live.classList.toggle("ct-paused", isPaused || document.hidden);
    say(isPaused || document.hidden ? live.dataset.wordPaused : live.dataset.wordLive);
    button.textContent = isPaused ? live.dataset.wordGo : live.dataset.wordPause;
    button.setAttribute("aria-pressed", String(isPaused));
  };
  const ask = () => {
    if (isPaused || document.hidden || isAsking) return;
    isAsking = true;
    htmx.trigger(fetcher, "ct:tick");
  };

  fetcher.addEventListener("htmx:configRequest", (event) => {
    event.detail.parameters.order = order;
    event.detail.parameters.after = newest();
  });
  fetcher.addEventListener("htmx:afterRequest", (event) => {
    isAsking = false;
    if (event.detail.successful) show();
    else say(live.dataset.wordLost);
  });
  document.body.addEventListener("ct:judged", (event) => {
    order = String(event.detail.order);
    if (event.detail.more) {
      more.hidden = false;
      more.textContent = live.dataset.wordMore;
    }
  });

  // Where a row belongs: by log number, newest first; one that waited takes the place that it has.
  const put = (row) => {
    const there = rows.querySelector(`tr[data-call="${row.dataset.call}"]`);
    if (there) {
      const before = there.querySelector(".ct-tick input");
      const now = row.querySelector(".ct-tick input");
      if (before && now) now.checked = before.checked;
      const hadFocus = there === document.activeElement;
      there.replaceWith(row);
      if (hadFocus) row.focus();
      return false;
    }
    const next = [...rows.querySelectorAll("tr[data-call]")].find((each) => idOf(each) < idOf(row));
    rows.insertBefore(row, next || null);
    row.classList.add("ct-arrived");
    return true;
  };
  incoming.addEventListener("htmx:afterSettle", () => {
    const arrived = [...incoming.querySelectorAll("tr[data-call]")].filter(put).length;
    incoming.replaceChildren();
    const list = [...rows.querySelectorAll("tr[data-call]")];
    for (const row of list.slice(most)) if (row !== document.activeElement) row.remove();
    const nothing = document.querySelector("[data-nothing]");
    if (nothing && list.length) nothing.remove();
    if (arrived) news.textContent = live.dataset.wordNew.replace("%s", arrived);
  });

  button.addEventListener("click", () => {
    isPaused = !isPaused;
    show();
    ask();
  });
  document.addEventListener("visibilitychange", () => {
    show();
    ask();
  });
  show();
  setInterval(ask, Number(live.dataset.every));
});
