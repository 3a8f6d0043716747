// Enhancements of pages that work without JavaScript.
"use strict";

const form = document.getElementById("ask");

if (form) {
  // A name is one line: Enter compares, as in a search box.
  for (const field of form.querySelectorAll("[data-line]")) {
    field.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.isComposing) return;
      event.preventDefault();
      form.requestSubmit(form.querySelector(".primary"));
    });
  }

  const swapValues = (one, other) => {
    [form.elements[one].value, form.elements[other].value] = [form.elements[other].value, form.elements[one].value];
  };
  form.querySelector("[data-swap]").addEventListener("click", (event) => {
    event.preventDefault();
    swapValues("name1", "name2");
    swapValues("jurisdiction1", "jurisdiction2");
    const register = form.elements.register;
    register.value = { name1: "name2", name2: "name1" }[register.value] || "";
  });

  const profile = form.elements.profile;
  profile.addEventListener("change", () => {
    document.getElementById("profile-hint").textContent = profile.selectedOptions[0].dataset.summary;
  });
}

// Reading the clipboard asks for permission, so only a press of the button does it.
for (const button of document.querySelectorAll("[data-paste]")) {
  if (!navigator.clipboard || !navigator.clipboard.readText) break;
  button.hidden = false;
  button.addEventListener("click", async () => {
    const field = form.elements[button.dataset.paste];
    try {
      field.value = (await navigator.clipboard.readText()).trim();
    } catch {
      button.hidden = true; // not allowed: the keyboard and the menu of the field still paste
    }
    field.focus();
  });
}

for (const link of document.querySelectorAll("[data-copy]")) {
  link.addEventListener("click", async (event) => {
    if (!navigator.clipboard) return; // the link opens the document instead
    event.preventDefault();
    const status = document.querySelector("[data-copied]");
    try {
      const response = await fetch(link.href, { credentials: "same-origin" });
      if (!response.ok) throw new Error(String(response.status));
      await navigator.clipboard.writeText(await response.text());
      status.textContent = status.dataset.copied;
    } catch {
      window.location.assign(link.href);
    }
  });
}

for (const feedback of document.querySelectorAll("form[data-stated]")) {
  feedback.addEventListener("change", () => {
    const chosen = feedback.elements.user_correction.value;
    feedback.elements.feedback_text.required = chosen !== "" && chosen !== feedback.dataset.stated;
  });
}

const describeFiles = (files, zone) => {
  if (files.length > Number(zone.dataset.most)) return zone.dataset.tooMany;
  const largest = Number(zone.dataset.largest);
  const tooLarge = [...files].find((file) => file.size > largest);
  if (tooLarge) return `${tooLarge.name}: ${zone.dataset.tooLarge}`;
  return "";
};

for (const zone of document.querySelectorAll("[data-drop]")) {
  const input = zone.querySelector("input");
  const chosen = zone.querySelector(".drop__chosen");
  zone.querySelector(".drop__hint").hidden = false;
  input.addEventListener("change", () => {
    const problem = describeFiles(input.files, zone);
    input.setCustomValidity(problem);
    chosen.textContent = problem || [...input.files].map((file) => `${file.name} (${(file.size / 2 ** 20).toFixed(1)} MB)`).join(", ");
    chosen.classList.toggle("error", problem !== "");
  });
  for (const kind of ["dragenter", "dragover"]) {
    zone.addEventListener(kind, (event) => { event.preventDefault(); zone.classList.add("drop--over"); });
  }
  zone.addEventListener("dragleave", () => zone.classList.remove("drop--over"));
  zone.addEventListener("drop", (event) => {
    event.preventDefault();
    zone.classList.remove("drop--over");
    input.files = event.dataTransfer.files;
    input.dispatchEvent(new Event("change"));
  });
}

// The picture on a report leads here with its code behind the #, which no server sees.
const codeForm = document.querySelector("[data-code-form]");
if (codeForm && /^#[0-9A-Za-z-]{20,40}$/.test(window.location.hash)) {
  codeForm.elements.code.value = window.location.hash.slice(1);
}

// The titles of the chosen columns stand out in the preview.
const draft = document.querySelector("[data-draft]");
if (draft) {
  draft.addEventListener("change", () => {
    const chosen = [draft.elements.column1.value, draft.elements.column2.value];
    for (const title of draft.querySelectorAll("[data-column]")) {
      title.classList.toggle("is-chosen", chosen.includes(title.dataset.column));
    }
  });
}

// The worker keeps static files and the offline page, never a name.
if ("serviceWorker" in navigator && window.isSecureContext) {
  navigator.serviceWorker.register("/service-worker.js").catch(() => {});
}
