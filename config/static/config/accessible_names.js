"use strict";

// The theme gives all areas that scroll one name, and none to the menu, whose name its button has.
window.addEventListener("load", () => {
  const areas = document.querySelectorAll(".simplebar-content-wrapper[role=region]");
  areas.forEach((area, at) => area.setAttribute("aria-label", `${area.getAttribute("aria-label")} ${at + 1}`));
  const menu = document.querySelector("[aria-controls=nav-sidebar]")?.getAttribute("aria-label");
  if (menu) document.getElementById("nav-sidebar-inner")?.setAttribute("aria-label", menu);
});

// Lists to search (select2) stand beside the field whose label they should have: they take its name.
window.addEventListener("load", () => {
  const nameLists = () => document.querySelectorAll("select.select2-hidden-accessible").forEach(nameList);
  // After the function that makes the lists, which jQuery may call later than this event.
  window.django?.jQuery(nameLists);
  document.addEventListener("formset:added", nameLists);
  window.django?.jQuery(document).on("select2:open", (event) => {
    const label = event.target.labels[0];
    const search = document.querySelector(".select2-container--open .select2-search__field");
    if (label && search) search.setAttribute("aria-label", label.textContent.trim());
  });
});

function nameList(select) {
  const label = select.labels[0];
  const list = select.nextElementSibling?.querySelector(".select2-selection");
  if (!label || !list) return;
  label.id ||= `${select.id}-label`;
  const value = list.querySelector(".select2-selection__rendered");
  value?.removeAttribute("role");
  value?.removeAttribute("aria-readonly");
  list.setAttribute("aria-labelledby", value?.id ? `${label.id} ${value.id}` : label.id);
  list.querySelector(".select2-search__field")?.setAttribute("aria-label", label.textContent.trim());
}
