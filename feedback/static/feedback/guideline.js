// Optional additions to the page of the guideline: print, copy the link of a clause, close the contents on a phone.
"use strict";

const copyStatus = document.querySelector("[data-copy-status]");

async function copyLink(button) {
  const link = button.closest("h3").querySelector("[data-link]");
  try {
    await navigator.clipboard.writeText(link.href);
    copyStatus.textContent = copyStatus.dataset.done;
    const label = button.textContent;
    button.textContent = `✓ ${label}`;
    setTimeout(() => { button.textContent = label; }, 3000);
  } catch {
    location.hash = new URL(link.href).hash;
    copyStatus.textContent = copyStatus.dataset.failed;
  }
}

for (const button of document.querySelectorAll("[data-copy-link]")) {
  button.hidden = false;
  button.addEventListener("click", () => copyLink(button));
}
for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => window.print());
}
const contents = document.querySelector("[data-contents]");
if (contents && window.matchMedia("(max-width: 63.99rem)").matches) contents.open = false;
