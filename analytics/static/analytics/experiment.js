// Draws the course of an experiment with Chart.js and fills the table behind the chart.
"use strict";
document.addEventListener("DOMContentLoaded", () => {
  const holder = document.getElementById("experiment-series");
  const canvas = document.getElementById("experiment-chart");
  if (!holder || !canvas || !window.Chart) return;
  const series = JSON.parse(holder.textContent);
  const words = canvas.dataset;
  const body = document.querySelector("#experiment-numbers tbody");
  const bounded = series.lows.length > 0;

  series.days.forEach((day, at) => {
    const row = body.insertRow();
    const interval = bounded && series.lows[at] !== null ? `${series.lows[at]} – ${series.highs[at]}` : "–";
    [day, series.values[at] ?? "–", interval].forEach((cell) => {
      row.insertCell().textContent = cell;
    });
  });

  const line = (label, data, extra) => ({ label, data, borderColor: "#2563eb", pointRadius: 2, tension: 0, ...extra });
  const limit = series.days.map(() => series.threshold);
  const datasets = [line(series.title, series.values, { borderWidth: 2, backgroundColor: "#2563eb" })];
  if (bounded) {
    const band = { borderColor: "#64748b", borderWidth: 1, pointRadius: 0, backgroundColor: "rgba(100, 116, 139, .2)" };
    datasets.push(line(words.lower, series.lows, band), line(words.upper, series.highs, { ...band, fill: 1 }));
  }
  datasets.push(
    line(series.logarithmic ? words.decides : words.same, limit, {
      borderColor: "#c2410c",
      borderDash: [6, 4],
      borderWidth: 1,
      pointRadius: 0,
    }),
  );

  const draw = () => {
    const dark = document.documentElement.classList.contains("dark");
    const ink = dark ? "#d1d5db" : "#374151";
    const grid = { color: dark ? "rgba(255, 255, 255, .12)" : "rgba(0, 0, 0, .08)" };
    return new window.Chart(canvas, {
      type: "line",
      data: { labels: series.days, datasets },
      options: {
        animation: false,
        maintainAspectRatio: false,
        plugins: { legend: { labels: { color: ink } } },
        scales: {
          x: { ticks: { color: ink, maxTicksLimit: 8 }, grid },
          y: { type: series.logarithmic ? "logarithmic" : "linear", ticks: { color: ink }, grid },
        },
      },
    });
  };

  let chart = draw();
  new MutationObserver(() => {
    chart.destroy();
    chart = draw();
  }).observe(document.documentElement, { attributes: true, attributeFilter: ["class"] });
});
