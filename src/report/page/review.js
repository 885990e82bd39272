"use strict";
// Counts what is decided, asks for reasons where there is a decision, and warns before it is lost. The
// form works without it: whoever takes it looks at everything again.
(function () {
  const form = document.getElementById("review-form");
  if (!form) return;
  const choices = Array.from(form.querySelectorAll(".choice"));
  const progress = document.getElementById("progress");
  const isDecided = (choice) => choice.querySelector("input:checked").value !== "undecided";
  let touched = false;

  const look = function () {
    for (const choice of choices) choice.querySelector("textarea").required = isDecided(choice);
    const count = choices.filter(isDecided).length;
    if (progress) progress.textContent = count + " of " + progress.dataset.of + " decided.";
  };
  form.addEventListener("input", function () {
    touched = true;
    look();
  });
  form.addEventListener("submit", function () {
    touched = false;
  });
  window.addEventListener("beforeunload", function (event) {
    if (touched) event.preventDefault();
  });
  const problems = document.getElementById("problems");
  if (problems) problems.scrollIntoView();
  look();
})();
