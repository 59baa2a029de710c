// What pages do beyond links and forms. All of them work without it. It puts texts into elements and never makes markup of them.
"use strict";

const MOST_ROWS = 300;
const GO_MS = 1200;
const MOST_FILTERS = 50;

// Keys: "/" to the search box, "g" and a letter to a page.
let going = 0;
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.closest("input, textarea, select")) {
    if (event.key === "Escape") event.target.blur();
    return;
  }
  if (event.key === "/") {
    const box = document.querySelector(".search input");
    if (box === null) return;
    event.preventDefault();
    box.focus();
    box.select();
  } else if (event.key === "g") {
    going = event.timeStamp;
  } else if (going && event.timeStamp - going < GO_MS) {
    going = 0;
    const link = [...document.querySelectorAll("[data-go]")].find((each) => each.dataset.go === event.key);
    if (link) link.click();
  }
});

// Copy buttons.
for (const button of document.querySelectorAll("[data-copy]")) {
  if (!navigator.clipboard) break;
  button.hidden = false;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent);
    button.textContent = "Copied";
  });
}

// A slider shows the version that it was moved to.
for (const form of document.querySelectorAll("[data-slider]")) {
  const range = form.querySelector("input[type=range]");
  range.addEventListener("input", () => {
    form.querySelector("output").textContent = range.value;
  });
  range.addEventListener("change", () => form.submit());
}

// Filters of the find page that are kept in this browser: their addresses.
for (const form of document.querySelectorAll("[data-filter]")) {
  const box = document.querySelector("[data-filter-saved]");
  const list = box.querySelector("ul");
  const save = form.querySelector("[data-filter-save]");
  const read = () => {
    try {
      const found = JSON.parse(localStorage.getItem("filters") ?? "[]");
      return Array.isArray(found) ? found.filter((each) => typeof each === "string" && each.startsWith("?")) : [];
    } catch {
      return [];
    }
  };
  const write = (filters) => {
    localStorage.setItem("filters", JSON.stringify(filters.slice(0, MOST_FILTERS)));
    show();
  };
  const show = () => {
    const filters = read();
    box.hidden = filters.length === 0;
    list.replaceChildren(
      ...filters.map((each) => {
        const said = new URLSearchParams(each);
        const [item, link, drop] = ["li", "a", "button"].map((name) => document.createElement(name));
        link.href = `/find${each}`;
        link.textContent = ["where", "topic", "since", "until"].map((name) => said.get(name)).filter(Boolean).join(" · ");
        drop.type = "button";
        drop.textContent = "Forget";
        drop.addEventListener("click", () => write(read().filter((other) => other !== each)));
        item.append(link, drop);
        return item;
      }),
    );
  };
  save.hidden = false;
  save.addEventListener("click", () => {
    const said = `?${new URLSearchParams(new FormData(form))}`;
    write([said, ...read().filter((each) => each !== said)]);
  });
  show();
}

// Numbers that the server tells each second: {name: text}.
for (const place of document.querySelectorAll("[data-live]")) {
  const shown = new Map([...place.querySelectorAll("[data-n]")].map((each) => [each.dataset.n, each]));
  const source = new EventSource(place.dataset.live);
  source.addEventListener("numbers", (event) => {
    for (const [name, text] of Object.entries(JSON.parse(event.data))) {
      const element = shown.get(name);
      if (element && element.textContent !== text) element.textContent = text;
    }
  });
}

// A table whose new rows come on top.
for (const place of document.querySelectorAll("[data-tail]")) {
  const rows = place.querySelector("tbody");
  const template = place.querySelector("template");
  const state = document.querySelector("[data-tail-state]");
  const pause = document.querySelector("[data-tail-pause]");
  const waiting = [];
  let paused = false;
  let missed = 0;

  const row = (said) => {
    const made = template.content.firstElementChild.cloneNode(true);
    for (const each of made.querySelectorAll("[data-f]")) each.textContent = said[each.dataset.f] ?? "";
    for (const each of made.querySelectorAll("[data-h]")) each.setAttribute("href", said[each.dataset.h]);
    for (const each of made.querySelectorAll("[data-c]")) each.classList.add(said[each.dataset.c]);
    made.classList.toggle("dead", Boolean(said.dead));
    return made;
  };
  const tell = (text, good) => {
    state.textContent = missed ? `${text}, ${missed.toLocaleString("en")} left out` : text;
    state.className = good ? "tag good" : "tag warned";
  };
  const show = () => {
    while (waiting.length) rows.prepend(row(waiting.shift()));
    while (rows.rows.length > MOST_ROWS) rows.lastElementChild.remove();
    tell("live", true);
  };

  const source = new EventSource(place.dataset.tail);
  source.addEventListener("open", () => tell(paused ? "paused" : "live", !paused));
  source.addEventListener("error", () => tell("connection lost", false));
  source.addEventListener("rows", (event) => {
    const said = JSON.parse(event.data);
    missed += said.more;
    waiting.push(...said.rows);
    if (waiting.length > MOST_ROWS) missed += waiting.splice(0, waiting.length - MOST_ROWS).length;
    if (paused) tell(`paused, ${waiting.length} wait`, false);
    else show();
  });
  pause.hidden = false;
  pause.addEventListener("click", () => {
    paused = !paused;
    pause.textContent = paused ? "Go on" : "Pause";
    if (paused) tell("paused", false);
    else show();
  });
}
