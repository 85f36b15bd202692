// What scripts add to pages that work without them: files dropped on the upload form, its progress, and forms that send
// themselves when a filter is chosen. Progress of a batch is refreshed by htmx attributes in the page.
(() => {
  "use strict";
  const drop = document.querySelector("[data-drop]");
  if (drop) {
    const input = drop.querySelector("input[type=file]"), name = drop.querySelector("[data-drop-name]");
    const show = () => { if (input.files.length) { name.textContent = input.files[0].name + " · " + size(input.files[0].size); } };
    const size = (n) => n < 1048576 ? Math.ceil(n / 1024) + " KB" : (n / 1048576).toFixed(1) + " MB";
    input.addEventListener("change", show);
    for (const kind of ["dragenter", "dragover"]) {
      drop.addEventListener(kind, (e) => { e.preventDefault(); drop.classList.add("zx-over"); });
    }
    for (const kind of ["dragleave", "drop"]) {
      drop.addEventListener(kind, () => drop.classList.remove("zx-over"));
    }
    drop.addEventListener("drop", (e) => {
      e.preventDefault();
      if (e.dataTransfer.files.length) { input.files = e.dataTransfer.files; show(); }
    });
    drop.form = drop.closest("form");
    drop.form.addEventListener("submit", (e) => {
      if (!input.files.length) { return; }
      e.preventDefault();
      send(drop.form);
    });
  }

  function send(form) {
    const bar = form.querySelector("progress"), button = form.querySelector("button"), request = new XMLHttpRequest();
    bar.hidden = false;
    button.disabled = true;
    request.upload.addEventListener("progress", (e) => { if (e.lengthComputable) { bar.max = e.total; bar.value = e.loaded; } });
    request.addEventListener("load", () => {
      // The page that answers is shown as it came: asked for a second time it would not say its notice again.
      const page = new DOMParser().parseFromString(request.responseText, "text/html"), main = page.querySelector("main");
      if (!main) { location.assign(request.responseURL); return; }
      document.querySelector("main").replaceWith(main);
      document.title = page.title;
      if (request.status < 400) {
        history.pushState(null, "", request.responseURL);
        addEventListener("popstate", () => location.reload());
      }
      if (window.htmx) { window.htmx.process(main); }
      scrollTo(0, 0);
    });
    request.addEventListener("error", () => { button.disabled = false; bar.hidden = true; form.querySelector("[data-failed]").hidden = false; });
    request.open("POST", form.action);
    request.send(new FormData(form));
  }

  for (const field of document.querySelectorAll("[data-send]")) {
    field.addEventListener("change", () => field.form.requestSubmit());
  }

  // A page of a judgement is decided by keyboard: a digit chooses, Enter sends. Nothing of that while somebody types.
  const judge = document.querySelector("[data-judge]");
  if (judge) {
    judge.addEventListener("submit", (e) => { // once: the second would find nothing that waits
      if (judge.dataset.sent) { e.preventDefault(); }
      judge.dataset.sent = "yes";
    });
    document.addEventListener("keydown", (e) => {
      if (e.ctrlKey || e.metaKey || e.altKey || e.target.closest("textarea, input:not([type=radio]), select, a, button, summary")) { return; }
      const choice = judge.querySelector('[data-key="' + CSS.escape(e.key) + '"]');
      if (choice) { e.preventDefault(); choice.checked = true; choice.focus(); choice.closest("section").scrollIntoView({block: "nearest"}); }
      if (e.key === "Enter") { e.preventDefault(); judge.requestSubmit(); }
    });
  }

  for (const button of document.querySelectorAll("[data-choose]")) {
    const input = document.getElementById(button.dataset.choose);
    input.addEventListener("change", () => {
      if (!input.files.length) { return; }
      input.files[0].text().then((text) => { document.getElementById(button.dataset.into).value = text; });
    });
  }
})();
