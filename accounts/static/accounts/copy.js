// Buttons that copy the text of an element named by data-copy-from.
"use strict";

const readText = (element) => ("value" in element ? element.value : element.textContent);

// Browsers offer the clipboard over HTTPS and on this machine only; a selection is copied everywhere.
const copySelection = (element) => {
  if ("select" in element) element.select();
  else window.getSelection().selectAllChildren(element);
  if (!document.execCommand("copy")) throw new Error("not copied");
};

for (const button of document.querySelectorAll("[data-copy-from]")) {
  button.addEventListener("click", async () => {
    const source = document.getElementById(button.dataset.copyFrom);
    const status = document.querySelector("[data-copy-status]");
    try {
      if (navigator.clipboard) await navigator.clipboard.writeText(readText(source));
      else copySelection(source);
      status.textContent = status.dataset.done;
    } catch {
      status.textContent = status.dataset.failed;
    }
  });
}
