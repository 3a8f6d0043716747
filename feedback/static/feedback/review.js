// Optional additions to pages that work without JavaScript: keyboard shortcuts, a heartbeat that extends the
// claim, and a draft that is saved while the reviewer types.
"use strict";

const KEYS_SETTING = "review-keys";
const HEARTBEAT_SECONDS = 60;
const IDLE_SECONDS = 600;

function startKeys() {
  const toggle = document.querySelector("[data-keys]");
  if (!toggle) return;
  const help = document.getElementById("keys-help");
  const controls = toggle.closest(".keys");
  controls.hidden = false;
  controls.querySelector("button").addEventListener("click", () => help.showModal());
  toggle.checked = localStorage.getItem(KEYS_SETTING) !== "off";
  toggle.addEventListener("change", () => localStorage.setItem(KEYS_SETTING, toggle.checked ? "on" : "off"));
  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest("input:not([type=checkbox]), textarea, select, [contenteditable]");
    if (!toggle.checked || help.open || typing || event.ctrlKey || event.metaKey || event.altKey || event.isComposing || event.repeat) return;
    handleKey(event);
  });
}

function handleKey(event) {
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
  const item = document.querySelector("[data-item]");
  if (!item) return;
  const form = item.querySelector("[data-decision]");
  const status = item.querySelector("[data-claim-status]");
  let lastActivity = Date.now();
  for (const kind of ["keydown", "pointerdown", "scroll"]) {
    document.addEventListener(kind, () => { lastActivity = Date.now(); }, { passive: true });
  }
  setInterval(async () => {
    if (document.hidden || Date.now() - lastActivity > IDLE_SECONDS * 1000) return;
    const body = new URLSearchParams({ text: form.elements.text.value, client_reason: form.elements.client_reason.value });
    const headers = { "X-CSRFToken": form.elements.csrfmiddlewaretoken.value };
    try {
      const response = await fetch(item.dataset.heartbeat, { method: "POST", body, headers, credentials: "same-origin" });
      if (!response.ok) throw new Error(String(response.status));
      const { held } = await response.json();
      item.querySelector("[data-until]").hidden = true;
      status.textContent = ` ${held ? status.dataset.held : status.dataset.lost}`;
    } catch {
      status.textContent = ` ${status.dataset.silent}`;
    }
  }, HEARTBEAT_SECONDS * 1000);
}

// A second submit while the first request is pending would only repeat it.
for (const form of document.querySelectorAll(".review form:not([data-download], [method=dialog])")) {
  form.addEventListener("submit", (event) => {
    if (form.dataset.sent) event.preventDefault();
    form.dataset.sent = "1";
  });
}
startKeys();
startHeartbeat();
