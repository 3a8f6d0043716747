// Draws every chart of a report with Chart.js. The numbers are in a table below each chart.
"use strict";
document.addEventListener("DOMContentLoaded", () => {
  if (!window.Chart) return;
  // Okabe and Ito: told apart with every kind of colour vision. Dashes and marks differ too.
  const COLOURS = ["#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00"];
  const VERDICTS = { Immaterial: "#009e73", Review: "#e69f00", Material: "#d55e00" };
  const DASHES = [[], [6, 3], [2, 2], [8, 3, 2, 3], [12, 4], [4, 6]];
  const MARKS = ["circle", "rect", "triangle", "rectRot", "cross", "star"];
  const still = window.matchMedia("(prefers-reduced-motion: reduce)").matches;

  const FORMATS = {
    share: (value) => `${(value * 100).toFixed(1)} %`,
    number: (value) => value.toFixed(3),
    count: (value) => value.toLocaleString("en"),
    duration: (value) => {
      if (value >= 172800) return `${(value / 86400).toFixed(1)} days`;
      if (value >= 3600) return `${(value / 3600).toFixed(1)} h`;
      if (value >= 60) return `${Math.round(value / 60)} min`;
      return value >= 1 ? `${Math.round(value)} s` : `${Math.round(value * 1000)} ms`;
    },
  };

  const buildSets = (chart) =>
    chart.series.flatMap((series, at) => {
      const colour = VERDICTS[series.name] ?? COLOURS[at % COLOURS.length];
      if (chart.stacked) {
        return [{ label: series.name, data: series.values, backgroundColor: colour, borderWidth: 0 }];
      }
      const line = {
        label: series.name,
        data: series.values,
        borderColor: colour,
        backgroundColor: colour,
        borderDash: DASHES[at % DASHES.length],
        pointStyle: MARKS[at % MARKS.length],
        pointRadius: series.values.length > 45 ? 1.5 : 3,
        borderWidth: 2,
        spanGaps: true,
        tension: 0,
      };
      if (!series.lows.length) return [line];
      const bound = { borderColor: colour, borderWidth: 1, borderDash: [1, 3], pointRadius: 0, spanGaps: true };
      return [
        line,
        { ...bound, label: `${series.name}, at least`, data: series.lows },
        { ...bound, label: `${series.name}, at most`, data: series.highs, fill: "-1", backgroundColor: `${colour}22` },
      ];
    });

  const draw = (canvas, chart) => {
    const dark = document.documentElement.classList.contains("dark");
    const ink = dark ? "#d1d5db" : "#374151";
    const grid = { color: dark ? "rgba(255, 255, 255, .12)" : "rgba(0, 0, 0, .08)" };
    const format = FORMATS[chart.style] ?? FORMATS.count;
    return new window.Chart(canvas, {
      type: chart.stacked ? "bar" : "line",
      data: { labels: chart.labels, datasets: buildSets(chart) },
      options: {
        animation: still ? false : { duration: 200 },
        maintainAspectRatio: false,
        interaction: { mode: "index", intersect: false },
        plugins: {
          legend: {
            position: "bottom",
            labels: {
              color: ink,
              usePointStyle: !chart.stacked,
              boxWidth: 14,
              boxHeight: 8,
              filter: (item) => !/, at (least|most)$/.test(item.text),
            },
          },
          tooltip: {
            callbacks: {
              label: (item) => `${item.dataset.label}: ${item.raw === null ? "–" : format(item.raw)}`,
            },
          },
        },
        scales: {
          x: { stacked: chart.stacked, ticks: { color: ink, maxTicksLimit: 10, maxRotation: 0 }, grid },
          y: {
            stacked: chart.stacked,
            beginAtZero: chart.style !== "share",
            ticks: { color: ink, callback: format, maxTicksLimit: 6, precision: chart.style === "count" ? 0 : undefined },
            grid,
          },
        },
      },
    });
  };

  const drawn = [...document.querySelectorAll("canvas[data-chart]")].map((canvas) => {
    const chart = JSON.parse(document.getElementById(canvas.dataset.chart).textContent);
    return { canvas, chart, object: draw(canvas, chart) };
  });
  new MutationObserver(() => {
    drawn.forEach((entry) => {
      entry.object.destroy();
      entry.object = draw(entry.canvas, entry.chart);
    });
  }).observe(document.documentElement, { attributes: true, attributeFilter: ["class"] });
  window.addEventListener("beforeprint", () => drawn.forEach((entry) => entry.object.resize()));
  document.documentElement.dataset.chartsDrawn = String(drawn.length);
});
