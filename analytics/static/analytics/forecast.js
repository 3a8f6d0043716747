// Asks for the forecast again whenever the form of an experiment changes.
"use strict";
document.addEventListener("DOMContentLoaded", () => {
  const panel = document.getElementById("forecast");
  const form = document.querySelector("form#experiment_form");
  if (!panel || !form) return;
  const text = document.getElementById("forecast-text");
  const missing = document.getElementById("forecast-missing");
  let timer = 0;
  let asked = 0;

  const show = (answer) => {
    text.textContent = answer.sentence;
    missing.replaceChildren(
      ...answer.missing.map((line) => {
        const item = document.createElement("li");
        item.textContent = line;
        return item;
      }),
    );
  };

  const ask = async () => {
    const number = ++asked;
    const fields = new URLSearchParams(new FormData(form));
    fields.delete("csrfmiddlewaretoken");
    fields.delete("hypothesis");
    const answer = await fetch(`${panel.dataset.url}?${fields}`, { headers: { Accept: "application/json" } });
    if (answer.ok && number === asked) show(await answer.json());
  };

  form.addEventListener("input", () => {
    window.clearTimeout(timer);
    timer = window.setTimeout(ask, 400);
  });
  ask();
});
