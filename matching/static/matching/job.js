// Moves the progress bar of a bulk job; without it the page shows how far the job was when it was opened.
"use strict";

document.addEventListener("DOMContentLoaded", () => {
  const panel = document.querySelector("[data-job]");
  if (!panel || !panel.dataset.unfinished) return;

  const bar = panel.querySelector("[data-job-bar]");
  const status = panel.querySelector("[data-job-status]");
  const told = panel.querySelector("[data-job-told]");
  let pause = 1000;

  const look = async () => {
    try {
      const answer = await fetch(panel.dataset.job, { credentials: "same-origin" });
      if (!answer.ok) throw new Error(String(answer.status));
      const { label, share, sentence, unfinished } = await answer.json();
      if (!unfinished) {
        window.location.reload(); // the buttons are others now
        return;
      }
      bar.value = share;
      status.textContent = label;
      if (told.textContent !== sentence) told.textContent = sentence;
      pause = 1000;
    } catch {
      pause = Math.min(pause * 2, 30000);
    }
    window.setTimeout(look, pause);
  };
  window.setTimeout(look, pause);
});
