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

// The rows of each verdict; the numbers stand beside the chart.
document.addEventListener("DOMContentLoaded", () => {
  const canvas = document.querySelector("[data-job-chart]");
  if (!canvas || !window.Chart) return;
  const { labels, values } = JSON.parse(document.getElementById(canvas.dataset.jobChart).textContent);
  const ink = document.documentElement.classList.contains("dark") ? "#d1d5db" : "#374151";
  new window.Chart(canvas, {
    type: "bar",
    data: { labels, datasets: [{ data: values, backgroundColor: ["#009e73", "#e69f00", "#d55e00"], borderWidth: 0 }] },
    options: {
      indexAxis: "y",
      animation: false,
      maintainAspectRatio: false,
      plugins: { legend: { display: false } },
      scales: { x: { ticks: { color: ink, precision: 0 }, grid: { display: false } }, y: { ticks: { color: ink }, grid: { display: false } } },
    },
  });
});
