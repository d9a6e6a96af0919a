// Pages of a postback: how the address would be called, while it is typed; and the log, while something is on its way.
"use strict";

const field = document.querySelector("[data-postback-address]");
const sample = document.querySelector("[data-postback-sample]");
let pause;

async function show() {
  const query = new URLSearchParams({ address: field.value });
  const answer = await fetch(`${sample.dataset.postbackSample}?${query}`);
  if (!answer.ok) return;
  const told = await answer.json();
  sample.textContent = told.fault ? told.fault : `${sample.dataset.before} `;
  sample.classList.toggle("pt-wrong", Boolean(told.fault));
  if (told.fault) return;
  const code = document.createElement("code");
  code.textContent = told.filled;
  sample.append(code);
}

if (field && sample) {
  field.addEventListener("input", () => {
    clearTimeout(pause);
    if (field.value.trim()) pause = setTimeout(show, 300);
  });
}

const log = document.querySelector("[data-log]");

async function follow() {
  if (!log.querySelector("[data-moving]") || document.hidden) return;
  const answer = await fetch(log.dataset.log);
  if (!answer.ok || answer.redirected) return;
  const text = await answer.text();
  if (text !== log.dataset.last) log.innerHTML = text;
  log.dataset.last = text;
}

if (log) setInterval(follow, 1500);
