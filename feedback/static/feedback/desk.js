// Comfort on top of pages that work without it: keys, a claim that stays alive, a draft that is kept.
"use strict";

const KEYS = "review-desk-keys";
const BEAT_SECONDS = 60;
const IDLE_SECONDS = 600;

function startKeys() {
  const toggle = document.querySelector("[data-keys]");
  if (!toggle) return;
  toggle.closest("label").hidden = false;
  toggle.checked = localStorage.getItem(KEYS) !== "off";
  toggle.addEventListener("change", () => localStorage.setItem(KEYS, toggle.checked ? "on" : "off"));
  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest("input:not([type=checkbox]), textarea, select, [contenteditable]");
    if (!toggle.checked || typing || event.ctrlKey || event.metaKey || event.altKey || event.isComposing || event.repeat) return;
    press(event);
  });
}

function press(event) {
  if (event.key === "g") {
    const guideline = document.querySelector("[data-guideline]");
    if (!guideline) return;
    event.preventDefault();
    guideline.scrollIntoView({ block: "start" });
    guideline.focus();
    return;
  }
  const target = document.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
  if (!target || target.disabled) return;
  event.preventDefault();
  target.click();
  if (event.key === "s") document.getElementById("reason").focus();
}

function startHeartbeat() {
  const judge = document.querySelector("[data-judge]");
  if (!judge) return;
  const form = judge.querySelector("[data-decision]");
  const said = judge.querySelector("[data-lost]");
  let active = Date.now();
  for (const kind of ["keydown", "pointerdown", "scroll"]) {
    document.addEventListener(kind, () => { active = Date.now(); }, { passive: true });
  }
  setInterval(async () => {
    if (document.hidden || Date.now() - active > IDLE_SECONDS * 1000) return;
    const body = new URLSearchParams({ text: form.elements.text.value });
    const headers = { "X-CSRFToken": form.elements.csrfmiddlewaretoken.value };
    try {
      const answer = await fetch(judge.dataset.alive, { method: "POST", body, headers, credentials: "same-origin" });
      if (!answer.ok) throw new Error(String(answer.status));
      const { held } = await answer.json();
      judge.querySelector("[data-until]").hidden = true;
      said.textContent = held ? " as long as you work on it" : " – your claim ran out. What you wrote is kept; send it and take the item again.";
    } catch {
      said.textContent = " – the server does not answer; what you wrote is still here.";
    }
  }, BEAT_SECONDS * 1000);
}

// A second click while the first is on its way would only ask the server the same again.
for (const form of document.querySelectorAll(".desk form:not([data-download])")) {
  form.addEventListener("submit", (event) => {
    if (form.dataset.sent) event.preventDefault();
    form.dataset.sent = "1";
  });
}
startKeys();
startHeartbeat();
