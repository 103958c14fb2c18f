// Small comforts; every page works without them. Classic script, no eval, no inline handlers.
(() => {
  "use strict";
  const words = document.body.dataset;

  // Copy buttons: <button class="copy" data-copy="full text">. They stay hidden where there is no clipboard.
  const reveal = (root) => {
    if (navigator.clipboard) root.querySelectorAll("[data-copy][hidden]").forEach((button) => { button.hidden = false; });
    root.querySelectorAll("[data-print][hidden]").forEach((button) => { button.hidden = false; });
  };

  const copy = async (button) => {
    await navigator.clipboard.writeText(button.dataset.copy);
    const before = button.textContent;
    button.textContent = words.copied;
    button.setAttribute("aria-live", "polite");
    setTimeout(() => { button.textContent = before; }, 2000);
  };

  document.addEventListener("click", (event) => {
    const target = event.target.closest("[data-copy], [data-dialog], [data-close], [data-print]");
    if (!target) return;
    if (target.matches("[data-copy]")) copy(target);
    else if (target.matches("[data-print]")) window.print();
    else if (target.matches("[data-close]")) target.closest("dialog").close();
    else {
      const dialog = document.getElementById(target.dataset.dialog);
      if (!dialog || dialog.open) return;
      event.preventDefault();  // without script the link leads to a page that asks the same question
      dialog.showModal();
    }
  });

  // "/" goes to the search, unless something is being typed.
  document.addEventListener("keydown", (event) => {
    if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (event.target.closest("input, textarea, select, dialog, [contenteditable]")) return;
    const search = document.querySelector("#site-search, [data-search]");
    if (!search) return;
    event.preventDefault();
    search.focus();
    search.select();
  });

  // A second press of a submitting button does nothing; the button keeps its width and says so.
  const busy = (form, button) => {
    form.dataset.sent = "yes";
    if (!button || !button.matches("button")) return;
    button.style.width = `${button.offsetWidth}px`;
    button.dataset.label = button.textContent;
    button.textContent = words.busy;
    button.setAttribute("aria-busy", "true");
  };
  const free = (form) => {
    delete form.dataset.sent;
    form.querySelectorAll("[aria-busy]").forEach((button) => {
      button.textContent = button.dataset.label;
      button.style.width = "";
      button.removeAttribute("aria-busy");
    });
  };
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.method !== "post" || form.matches("[data-download]")) return;
    if (form.dataset.sent) {
      event.preventDefault();
      event.stopImmediatePropagation();
      return;
    }
    const button = event.submitter;
    // After the browser has read the button's name and value, and only if nobody called the submit off.
    setTimeout(() => { if (!event.defaultPrevented || form.matches("[hx-post]")) busy(form, button); });
  }, true);
  document.addEventListener("htmx:afterRequest", (event) => {
    const form = event.target.closest("form");
    if (form) free(form);
  });
  window.addEventListener("pageshow", (event) => {
    if (event.persisted) document.querySelectorAll("form[data-sent]").forEach(free);
  });

  // Errors are read first: the summary takes the focus when the page or a part of it arrives with one.
  const focusErrors = (root) => {
    const summary = root.querySelector(".error-summary");
    if (summary) summary.focus();
  };
  document.addEventListener("htmx:afterSwap", (event) => { reveal(event.target); focusErrors(event.target); });
  reveal(document);
  focusErrors(document);
})();
