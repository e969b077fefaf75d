// The form that adds an item shows only what its kind needs. Without this script it shows all, and works.
"use strict";

for (const form of document.querySelectorAll("form[data-kinds]")) {
  const kind = form.elements.kind;
  const show = () => {
    for (const part of form.querySelectorAll("[data-for]")) {
      part.classList.toggle("off", !part.dataset.for.split(" ").includes(kind.value));
    }
  };
  kind.addEventListener("change", show);
  show();
}
