"use strict";
// Renders /openapi.json. Text only ever goes in as text, never as markup.

const METHODS = ["get", "post", "put", "patch", "delete"];

function element(name, text, className) {
  const made = document.createElement(name);
  if (text !== undefined) made.textContent = text;
  if (className) made.className = className;
  return made;
}

// A text of the description: what stands between backticks in it is code.
function words(name, text) {
  const made = element(name);
  text.split("`").forEach((part, place) => made.append(place % 2 ? element("code", part) : part));
  return made;
}

// An example value of a schema; `seen` stops at types that hold themselves.
function example(schema, components, seen = []) {
  if (!schema) return null;
  if (schema.$ref) {
    const name = schema.$ref.split("/").pop();
    return seen.includes(name) ? {} : example(components[name], components, [...seen, name]);
  }
  if (schema.default !== undefined && schema.default !== null) return schema.default;
  if (schema.enum) return schema.enum[0];
  const choice = (schema.anyOf || schema.oneOf || []).find((each) => each.type !== "null");
  if (choice) return example(choice, components, seen);
  if (schema.type === "array") return schema.items ? [example(schema.items, components, seen)] : [];
  if (schema.properties) {
    const entries = Object.entries(schema.properties);
    return Object.fromEntries(entries.map(([name, value]) => [name, example(value, components, seen)]));
  }
  const plain = { string: schema.format || "text", integer: schema.minimum || 1, number: 1.5, boolean: true, object: {} };
  return schema.type in plain ? plain[schema.type] : null;
}

// The schema itself where it is a reference, and what may stand there where null may stand there, too.
function plain(schema, components) {
  if (schema.$ref) return plain(components[schema.$ref.split("/").pop()], components);
  const choice = (schema.anyOf || schema.oneOf || []).find((each) => each.type !== "null");
  return choice ? plain(choice, components) : schema;
}

function range(from, to, unit) {
  if (from === undefined && to === undefined) return "";
  const bounds = from === undefined ? `at most ${to}` : to === undefined ? `at least ${from}` : `${from} to ${to}`;
  return `, ${bounds}${unit}`;
}

// What a value may be, in words.
function limits(schema) {
  if (schema.enum) return schema.enum.join(" or ");
  if (schema.type === "string") return `text${range(schema.minLength, schema.maxLength, " characters")}`;
  if (schema.type === "array") return `list${range(schema.minItems, schema.maxItems, " items")}`;
  return `${schema.type || "anything"}${range(schema.minimum, schema.maximum, "")}`;
}

// The fields of a request: which must be there, and what each may be.
function fields(schema, components) {
  const { properties = {}, required = [] } = plain(schema, components);
  return Object.entries(properties).map(([name, value]) => [
    name,
    required.includes(name) ? "required" : "optional",
    limits(plain(value, components)),
  ]);
}

// Of the forms that a body may have: JSON, else the first one, such as a file.
function chosen(content) {
  const json = content["application/json"];
  return json ? ["application/json", json] : Object.entries(content)[0];
}

function body(content, components) {
  const [kind, media] = chosen(content);
  const shown = element("div");
  shown.append(element("code", kind));
  shown.append(element("pre", JSON.stringify(example(media.schema, components), null, 2)));
  return shown;
}

function table(rows) {
  const made = element("table");
  for (const row of rows) {
    const line = element("tr");
    for (const cell of row) line.append(words("td", cell));
    made.append(line);
  }
  return made;
}

function operation(method, path, said, components) {
  const details = element("details");
  const summary = element("summary");
  summary.append(element("span", method.toUpperCase(), "method"), element("code", path), words("span", ` ${said.summary || ""}`));
  summary.append(element("span", said.security ? "token" : "public", "who"));
  const inside = element("div");
  if (said.description) inside.append(words("p", said.description));
  if (said.parameters && said.parameters.length) {
    inside.append(element("h4", "Parameters"));
    inside.append(table(said.parameters.map((each) => [each.name, each.in, each.description || ""])));
  }
  const asked = said.requestBody ? fields(chosen(said.requestBody.content)[1].schema, components) : [];
  if (said.requestBody) {
    inside.append(element("h4", "Request"), body(said.requestBody.content, components), table(asked));
  }
  inside.append(element("h4", "Answers"));
  for (const [status, answer] of Object.entries(said.responses)) {
    inside.append(words("p", `${status} ${answer.description || ""}`));
    if (answer.content && status.startsWith("2")) inside.append(body(answer.content, components));
  }
  details.append(summary, inside);
  const codes = Object.values(said.responses).map((answer) => (answer.description || "").split(": ")[1]);
  const names = asked.map(([name]) => name);
  details.dataset.text = [method, path, said.summary, ...codes, ...names].join(" ").toLowerCase();
  return details;
}

function render(openapi) {
  document.title = openapi.info.title;
  document.getElementById("title").textContent = openapi.info.title;
  document.getElementById("about").replaceChildren(words("span", openapi.info.description));
  const groups = new Map();
  for (const [path, methods] of Object.entries(openapi.paths)) {
    for (const method of METHODS.filter((each) => each in methods)) {
      const group = (methods[method].tags || ["gateway"])[0];
      if (!groups.has(group)) groups.set(group, []);
      groups.get(group).push(operation(method, path, methods[method], openapi.components.schemas));
    }
  }
  const main = document.getElementById("operations");
  for (const [group, operations] of groups) {
    const section = element("section");
    section.append(element("h2", group), ...operations);
    main.append(section);
  }
}

// Shows what has all the words, in any order: of method, path, summary, names of fields and codes of refusals.
function filter(text) {
  const words = text.toLowerCase().split(/\s+/);
  for (const details of document.querySelectorAll("details")) {
    details.hidden = !words.every((word) => details.dataset.text.includes(word));
  }
  const some = document.querySelector("details:not([hidden])");
  document.getElementById("none").textContent = some ? "" : "No route has all of this.";
  for (const section of document.querySelectorAll("section")) {
    section.hidden = !section.querySelector("details:not([hidden])");
  }
}

document.getElementById("filter").addEventListener("input", (event) => filter(event.target.value));
fetch("/openapi.json")
  .then((response) => response.json())
  .then(render)
  .catch((error) => { document.getElementById("about").textContent = `No description: ${error}`; });
