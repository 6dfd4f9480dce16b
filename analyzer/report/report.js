// SPDX-License-Identifier: Apache-2.0
// The page of --format html: filters, and buttons that copy commands.  Without it all can be read.
(function () {
  "use strict";
  var form = document.getElementById("filters");
  var findings = document.getElementById("findings");
  if (!form || !findings) return;
  var text = document.getElementById("f-text");
  var pack = document.getElementById("f-pack");
  var space = document.getElementById("f-ns");
  var told = document.getElementById("f-told");
  var items = Array.prototype.slice.call(findings.querySelectorAll("li[data-s]"));
  var blocks = Array.prototype.slice.call(findings.querySelectorAll("[data-block]"));
  var words = null;

  function wordsOf(item) {
    var block = item.closest("[data-block]");
    return (block.getAttribute("data-block") + " " + item.textContent).toLowerCase();
  }

  function apply() {
    var wanted = {};
    form.querySelectorAll("input[name=s]").forEach(function (box) { wanted[box.value] = box.checked; });
    var typed = text.value.trim().toLowerCase();
    if (typed && !words) words = items.map(wordsOf);
    var live = new Set();
    var shown = 0;
    items.forEach(function (item, i) {
      var fits = wanted[item.dataset.s] && (!pack.value || item.dataset.p === pack.value) &&
        (!space.value || item.dataset.n === space.value) && (!typed || words[i].indexOf(typed) >= 0);
      item.hidden = !fits;
      if (!fits) return;
      shown++;
      for (var block = item.closest("[data-block]"); block && !live.has(block);
           block = block.parentElement.closest("[data-block]")) live.add(block);
    });
    blocks.forEach(function (block) { block.hidden = !live.has(block); });
    told.textContent = shown + " of " + items.length + " shown";
  }

  var waiting = 0;
  function later() { clearTimeout(waiting); waiting = setTimeout(apply, 80); }
  form.hidden = false;
  form.addEventListener("change", apply);
  form.addEventListener("input", later);
  form.addEventListener("submit", function (event) { event.preventDefault(); apply(); });
  form.addEventListener("reset", function () { setTimeout(apply, 0); });
  document.addEventListener("keydown", function (event) {
    var typing = /^(INPUT|SELECT|TEXTAREA)$/.test(document.activeElement.tagName);
    if (event.key === "/" && !typing) { event.preventDefault(); text.focus(); }
    if (event.key === "Escape" && document.activeElement === text && text.value) { text.value = ""; apply(); }
  });
  told.textContent = items.length + " of " + items.length + " shown";

  function addCopy(pre) {
    if (pre.querySelector(".copy")) return;
    var button = document.createElement("button");
    var command = pre.textContent;
    button.type = "button";
    button.className = "copy";
    button.textContent = "Copy";
    button.addEventListener("click", function () {
      var done = function () { button.textContent = "Copied"; };
      if (navigator.clipboard) navigator.clipboard.writeText(command).then(done, function () { button.textContent = "Failed"; });
    });
    pre.appendChild(button);
  }
  document.querySelectorAll("dl.advice .cmd").forEach(function (pre, i) { if (i < 500) addCopy(pre); });
  document.addEventListener("toggle", function (event) { event.target.querySelectorAll(".cmd").forEach(addCopy); }, true);
  window.addEventListener("beforeprint", function () {
    document.querySelectorAll("details").forEach(function (d, i) { if (i < 2000) d.open = true; });
  });
})();
