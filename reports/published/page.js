// What a page can do beyond being read: search its trials, open what a link leads to, print what is folded.
"use strict";
(() => {
  const at = (id) => document.getElementById(id);

  // A link into what is folded unfolds it.
  const unfold = () => {
    let name = location.hash.slice(1);
    try { name = decodeURIComponent(name); } catch { /* an address that is none leads nowhere */ }
    const target = name && at(name);
    if (!target) return;
    for (let inner = target; inner; inner = inner.parentElement) {
      if (inner instanceof HTMLDetailsElement) inner.open = true;
    }
    target.scrollIntoView();
  };
  addEventListener("hashchange", unfold);
  unfold();

  // Paper has no folds.
  let folded = [];
  addEventListener("beforeprint", () => {
    folded = [...document.querySelectorAll("details:not([open])")];
    for (const one of folded) one.open = true;
  });
  addEventListener("afterprint", () => { for (const one of folded) one.open = false; });

  const holder = at("trials-data");
  const form = at("search");
  if (!holder || !form) return;
  const { outcomes, arms, ids, clauses, paths, rows } = JSON.parse(holder.textContent);
  const results = at("results"), found = at("found"), more = at("more");
  const body = results.querySelector("tbody");
  const PAGE = 100;
  const lower = ids.map((id) => id.toLowerCase());
  let hits = [], shown = 0;

  const element = (name, text) => {
    const made = document.createElement(name);
    if (text !== undefined) made.textContent = text;
    return made;
  };
  const code = (text) => { const cell = element("td"); cell.append(element("code", text)); return cell; };

  const row = ([outcome, arm, id, cited, path]) => {
    const [, kind, sign, word] = outcomes[outcome];
    const line = element("tr"), first = element("td"), badge = element("span", `${sign} ${word}`);
    badge.className = `badge ${kind}`;
    first.append(badge);
    const trial = code(ids[id]);
    const place = `${arms[arm]}::${ids[id]}`.split(/\s+/).filter(Boolean).join("_");
    if (at(place)) {
      const link = element("a");
      link.href = `#${encodeURIComponent(place)}`;
      link.append(...trial.childNodes);
      trial.append(link);
    }
    line.append(first, trial, element("td", arms[arm]), element("td", clauses[cited]), element("td", paths[path]));
    return line;
  };

  const show = () => {
    body.append(...hits.slice(shown, shown + PAGE).map(row));
    shown = Math.min(hits.length, shown + PAGE);
    more.hidden = shown === hits.length;
    found.value = `${hits.length} of ${rows.length}` + (shown < hits.length ? `, the first ${shown} shown` : "");
  };

  const cites = (text, clause) =>
    text.split(" ").some((one) => one.toLowerCase() === clause || one.toLowerCase().startsWith(`${clause}-`));

  const search = () => {
    const asked = new FormData(form);
    const words = asked.get("text").toLowerCase().split(/\s+/).filter(Boolean);
    const clause = asked.get("clause").trim().toLowerCase();
    const cited = clauses.map((text) => !clause || cites(text, clause));
    hits = rows.filter(([outcome, arm, id, of]) =>
      (!asked.get("outcome") || outcomes[outcome][0] === asked.get("outcome")) &&
      (!asked.get("arm") || arms[arm] === asked.get("arm")) &&
      cited[of] && words.every((word) => lower[id].includes(word) || arms[arm].includes(word)));
    // What is red comes first; within, the report's own order stays.
    hits.sort((a, b) => a[0] - b[0]);
    body.replaceChildren();
    shown = 0;
    show();
  };

  form.hidden = false;
  results.hidden = false;
  at("by-arm").open = false;
  form.addEventListener("input", search);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", () => setTimeout(search));
  more.addEventListener("click", show);
  document.addEventListener("click", (event) => {
    const link = event.target.closest("[data-clause], [data-outcome]");
    if (!link) return;
    form.reset();
    form.elements.clause.value = link.dataset.clause ?? "";
    form.elements.outcome.value = link.dataset.outcome ?? "";
    search();
  });
  search();
})();
