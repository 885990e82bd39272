"use strict";
// Filters, expanders and printing. The page says everything without them.
(function () {
  const form = document.getElementById("filters");
  const rows = Array.from(document.querySelectorAll("table.matrix tbody tr"));
  const checks = Array.from(document.querySelectorAll("details.check"));
  const groups = Array.from(document.querySelectorAll(".level-group"));
  const all = Array.from(document.querySelectorAll("details"));
  const words = new Map();
  for (const one of rows.concat(checks)) words.set(one, one.textContent.toLowerCase());

  const filter = function () {
    const levels = new Set(
      Array.from(form.querySelectorAll("input[name=level]:checked"), (box) => box.value)
    );
    const wanted = form.querySelector("#search").value.toLowerCase().split(/\s+/).filter(Boolean);
    const shows = function (one) {
      const text = words.get(one);
      return levels.has(one.dataset.level) && wanted.every((word) => text.includes(word));
    };
    for (const one of rows.concat(checks)) one.hidden = !shows(one);
    for (const group of groups) group.hidden = !group.querySelector("details.check:not([hidden])");
    const count = (list) => list.filter((one) => !one.hidden).length + " of " + list.length;
    form.querySelector(".shown").textContent =
      "Shown: " + count(rows) + " clauses, " + count(checks) + " checks.";
  };

  // A link leads to what it names even where a filter hides it or it is folded.
  const reveal = function () {
    const target = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!target) return;
    const folded = target.closest("details");
    if (folded) folded.open = true;
    const hidden = target.closest("[hidden]");
    if (hidden) {
      form.reset();
      filter();
    }
    target.scrollIntoView();
  };

  form.hidden = false;
  form.addEventListener("input", filter);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", () => setTimeout(filter));
  form.addEventListener("click", function (event) {
    const act = event.target.dataset && event.target.dataset.act;
    if (act) for (const one of checks) if (!one.hidden) one.open = act === "expand";
  });
  window.addEventListener("hashchange", reveal);

  // What is folded is printed too.
  let folded = [];
  window.addEventListener("beforeprint", function () {
    folded = all.filter((one) => !one.open);
    for (const one of folded) one.open = true;
  });
  window.addEventListener("afterprint", function () {
    for (const one of folded) one.open = false;
  });

  filter();
  reveal();
})();
