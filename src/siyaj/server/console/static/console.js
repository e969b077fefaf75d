// What every page of the console does. No framework; htmx swaps parts of pages.
"use strict";

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-menu]");
  if (!button) return;
  const menu = document.getElementById(button.getAttribute("aria-controls"));
  const open = menu.classList.toggle("is-open");
  button.setAttribute("aria-expanded", String(open));
});

// <form data-confirm="…">: asks before it sends.
document.addEventListener("submit", (event) => {
  const question = event.target.dataset ? event.target.dataset.confirm : "";
  if (question && !window.confirm(question)) event.preventDefault();
});

// <input data-select>: a click takes the whole text, to be copied.
document.addEventListener("focusin", (event) => {
  if (event.target.matches && event.target.matches("input[data-select]")) event.target.select();
});
