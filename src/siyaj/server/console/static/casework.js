// The keyboard, the lease, the reveal of media and the undo toast of the reviewers' screens.
// Keys go by physical position (KeyboardEvent.code), so that they work on every layout. Silent while somebody types.
"use strict";

(() => {
  const one = (selector, within = document) => within.querySelector(selector);
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  const seen = (element) => Boolean(element) && !element.disabled && !element.closest("[hidden]") && element.getClientRects().length > 0;
  const say = (words) => { const live = document.getElementById("live"); if (live) live.textContent = words; };
  const types = (element) => Boolean(element.closest("textarea, select, [contenteditable], input:not([type=radio]):not([type=checkbox]):not([type=submit])"));

  // Keys -------------------------------------------------------------------
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || event.defaultPrevented) return;
    const dialog = one("dialog[open]");
    if (types(event.target)) {
      if (event.code === "Escape" && !dialog) event.target.blur();
      return;
    }
    if (dialog) return;
    if (event.code === "Slash" && event.shiftKey) { open("keys"); event.preventDefault(); return; }
    if (event.shiftKey) return;
    const native = event.target.closest("a[href], button, summary");
    if ((event.code === "Enter" || event.code === "Space") && native) return;
    const act = KEYS[event.code] || press;
    if (act(event.code, event) !== false) event.preventDefault();
  });

  // What a key does is written on the page: data-key on what it presses.
  const press = (code) => {
    const found = all(`[data-key="${code}"]`).filter(seen);
    const target = found.find((element) => element.closest(".staged")) || found[0];
    if (!target) return false;
    if (target.matches("input[type=radio], input[type=checkbox]")) {
      target.checked = target.type === "radio" ? true : !target.checked;
      target.dispatchEvent(new Event("change", { bubbles: true }));
      say(target.closest("label").innerText);
    } else if (target.matches("input, select, textarea")) {
      target.focus();
    } else {
      target.click();
    }
    return true;
  };
  let follows = 0;
  const KEYS = {
    Escape: () => unstage(),
    BracketRight: () => choose(1),
    BracketLeft: () => choose(-1),
    KeyF: () => revealMore(),
    KeyG: () => coverAll(),
    KeyT: (code) => { follows = press(code) ? 0 : performance.now(); },
    Equal: () => zoom(1),
    Minus: () => zoom(-1),
    KeyJ: (code) => walk(1) || press(code),
    KeyK: (code) => walk(-1) || press(code),
  };

  const walk = (step) => {
    const rows = all("tr[data-row] a[href]").filter(seen);
    if (!rows.length) return false;
    const at = rows.findIndex((row) => row.closest("tr").contains(document.activeElement));
    rows[Math.min(Math.max(at + step, 0), rows.length - 1)].focus();
    return true;
  };

  // Dialogs ----------------------------------------------------------------
  const open = (id) => {
    const dialog = document.getElementById(id);
    if (dialog && !dialog.open) dialog.showModal();
  };
  document.addEventListener("click", (event) => {
    const opener = event.target.closest("[data-dialog]");
    if (opener) open(opener.dataset.dialog);
    const closer = event.target.closest("[data-close]");
    if (closer) closer.closest("dialog").close();
    const copy = event.target.closest("[data-copy]");
    if (copy) navigator.clipboard.writeText(copy.dataset.copy).then(() => say(copy.dataset.copied));
    if (event.target.closest("[data-unstage]")) unstage();
  });

  // Staging ----------------------------------------------------------------
  const unstage = () => {
    const stage = one("#stage");
    if (!stage || !stage.children.length) return false;
    stage.replaceChildren();
    return true;
  };
  document.addEventListener("input", (event) => {
    if (event.target.closest("#panel")) unstage();
  });
  document.addEventListener("change", (event) => {
    if (event.target.closest("#panel")) unstage();
    const follow = event.target.closest("[data-follow]");
    if (follow) one(follow.dataset.follow)?.removeAttribute("hidden");
  });
  document.addEventListener("click", (event) => {
    const follow = event.target.closest("[data-fill]");
    if (!follow) return;
    for (const [name, value] of Object.entries(JSON.parse(follow.dataset.fill))) {
      for (const field of all(`#panel [name="${name}"]`)) {
        if (field.type === "radio") field.checked = field.value === value;
        else field.value = value;
      }
    }
    one("#panel [name=action]")?.dispatchEvent(new Event("change", { bubbles: true }));
  });

  // What was typed outlives a reload, in this tab only, until the case is decided.
  const kept = () => `siyaj-case-${one("[data-case]")?.dataset.case || ""}`;
  const keep = () => {
    const panel = one("#panel");
    if (!panel) return;
    const values = all("textarea, input:not([type=hidden]), select", panel).map((field) =>
      [field.name, field.type === "radio" || field.type === "checkbox" ? field.value : "", field.type === "radio" || field.type === "checkbox" ? field.checked : field.value]);
    sessionStorage.setItem(kept(), JSON.stringify(values));
  };
  const restore = () => {
    const panel = one("#panel");
    const saved = panel && sessionStorage.getItem(kept());
    if (!saved) return;
    for (const [name, value, state] of JSON.parse(saved)) {
      for (const field of all(`[name="${CSS.escape(name)}"]`, panel)) {
        if (field.type !== "radio" && field.type !== "checkbox") field.value = state;
        else if (field.value === value) field.checked = state;
      }
    }
    one("[name=action]", panel)?.dispatchEvent(new Event("change", { bubbles: true }));
  };
  document.addEventListener("input", (event) => { if (event.target.closest("#panel")) keep(); });
  document.addEventListener("change", (event) => { if (event.target.closest("#panel")) keep(); });
  document.addEventListener("htmx:beforeOnLoad", (event) => {
    if (event.detail.xhr.getResponseHeader("hx-redirect")) sessionStorage.removeItem(kept());
  });

  // The lease: counts down, is renewed while the screen is in sight, and locks the form when it is lost.
  const minutes = (seconds) => `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, "0")}`;
  let leaseEnds = 0;
  let lastLease = null;
  const readLease = () => {
    const lease = one("#lease");
    lastLease = lease;
    if (!lease) return;
    leaseEnds = performance.now() + 1000 * Number(lease.dataset.seconds || 0);
    lock(!("seconds" in lease.dataset));
  };
  const lock = (locked) => {
    const fields = one("#fields");
    if (fields && fields.disabled !== locked) {
      fields.disabled = locked;
      if (locked) unstage();
    }
  };
  setInterval(() => {
    const clock = one("#lease [data-clock]");
    if (!clock) return;
    const left = Math.max(0, (leaseEnds - performance.now()) / 1000);
    clock.textContent = minutes(left);
    if (left === 0 && "seconds" in one("#lease").dataset) { lock(true); one("#lost")?.removeAttribute("hidden"); }
  }, 500);
  document.addEventListener("htmx:beforeRequest", (event) => {
    const from = event.detail.elt;
    if (document.hidden && (from.id === "lease" || from.id === "news")) event.preventDefault();
    if ("keepFocus" in from.dataset && from.contains(document.activeElement) && document.activeElement !== from) event.preventDefault();
  });
  document.addEventListener("htmx:afterSettle", (event) => {
    if (one("#lease") !== lastLease) readLease();
    if (event.detail.elt.id === "preview" && follows && performance.now() - follows < 1500 && press("KeyT")) follows = 0;
    if (event.detail.elt.matches?.(".still")) choose(0, event.detail.elt);
    startToast();
  });

  // Media ------------------------------------------------------------------
  const stills = () => all(".still");
  const chosen = () => one(".still.is-chosen") || stills()[0];
  const choose = (step, still) => {
    const every = stills();
    if (!every.length) return false;
    const at = Math.max(0, every.indexOf(still || chosen()));
    const next = every[(at + step + every.length) % every.length];
    for (const each of every) each.classList.toggle("is-chosen", each === next);
    if (step) next.scrollIntoView({ block: "nearest" });
    return true;
  };
  const revealMore = () => {
    choose(0);
    const button = chosen() && one("[data-reveal]", chosen());
    if (!button) return false;
    button.click();
    return true;
  };
  const coverAll = () => { const buttons = all("[data-cover]"); buttons.forEach((button) => button.click()); return buttons.length > 0; };
  const zoom = (step) => {
    const shown = chosen() && one("[data-zoom]", chosen());
    if (!shown) return false;
    const at = Number(shown.dataset.zoom);
    const next = Math.min(Math.max(at + step, 1), 5);
    shown.classList.replace(`zoom-${at}`, `zoom-${next}`);
    shown.dataset.zoom = String(next);
    return true;
  };
  document.addEventListener("click", (event) => {
    const still = event.target.closest(".still");
    if (still) choose(0, still);
    const zoomer = event.target.closest("[data-zoom-by]");
    if (zoomer) zoom(Number(zoomer.dataset.zoomBy));
    const mark = event.target.closest("mark[data-match]");
    if (mark) show(mark.dataset.match);
  });
  const show = (number) => {
    const match = document.getElementById(`match-${number}`);
    for (const each of all(".is-shown")) each.classList.remove("is-shown");
    match?.classList.add("is-shown");
    match?.scrollIntoView({ block: "nearest" });
  };
  const BEAT = 15;
  setInterval(() => {
    const counter = one("#exposure");
    if (!counter || document.hidden || !one("[data-revealed]")) return;
    window.htmx.ajax("POST", counter.dataset.beat, { target: "#exposure", swap: "outerHTML", values: { seconds: BEAT } });
  }, BEAT * 1000);

  // Undo -------------------------------------------------------------------
  let toastEnds = 0;
  const startToast = () => {
    const toast = one(".toast[data-seconds]");
    if (toast && !toast.dataset.started) {
      toast.dataset.started = "1";
      toastEnds = performance.now() + 1000 * Number(toast.dataset.seconds);
    }
  };
  setInterval(() => {
    const toast = one(".toast[data-started]");
    if (!toast) return;
    const left = Math.ceil((toastEnds - performance.now()) / 1000);
    if (left <= 0) { toast.remove(); return; }
    one(".seconds", toast).textContent = left.toLocaleString(document.documentElement.lang);
  }, 250);

  document.addEventListener("DOMContentLoaded", () => { readLease(); restore(); choose(0); startToast(); });
})();
