// A web client as the contract describes it: which routes it calls, in which order, and what it keeps.
"use strict";

const calls = [];

// One request. Returns [status, JSON]. Redirects are errors, and so is whatever CORS does not let through.
async function call(method, path, body, { token = localStorage.access_token, headers = {} } = {}) {
  const route = `${method} ${path}`;
  const said = { ...headers };
  if (body !== undefined) said["Content-Type"] = "application/json";
  if (token) said["Authorization"] = `Bearer ${token}`;
  let response;
  try {
    response = await fetch(EDGE + path, {
      method, headers: said, redirect: "error", credentials: "include",
      body: body === undefined ? undefined : JSON.stringify(body),
    });
  } catch (error) {
    breach(route, `not readable from another origin, or a redirect: ${error}`);
    return [0, null];
  }
  calls.push(`${method} ${path.split("?")[0]} ${response.status}`);
  let answer = null;
  try {
    answer = await response.json();
  } catch (error) {
    breach(route, `no JSON: ${error}`);
  }
  const plain = path.split("?")[0];
  if (response.ok) checkAnswer(route, plain, answer);
  else checkProblem(route, plain, response.status, answer, Boolean(token));
  if (response.status === 401) {
    // deployed clients drop their tokens and reload
    localStorage.clear();
  }
  return [response.status, answer];
}

const get = (path, more) => call("GET", path, undefined, more);
const post = (path, body = {}, more) => call("POST", path, body, more);
const put = (path, body, more) => call("PUT", path, body, more);
const patch = (path, body, more) => call("PATCH", path, body, more);
const remove = (path, more) => call("DELETE", path, undefined, more);

function keep(tokens) {
  if (!tokens || !tokens.access_token) return;
  if (tokens.token !== tokens.access_token) breach("tokens", "token is not access_token");
  localStorage.access_token = tokens.access_token;
  localStorage.refresh_token = tokens.refresh_token;
}

function me() {
  const padded = localStorage.access_token.split(".")[1].replace(/-/g, "+").replace(/_/g, "/");
  return JSON.parse(atob(padded + "=".repeat(-padded.length & 3))).sub;
}

async function login(email, password) {
  const [status, answer] = await post("/auth/login", { email, password });
  if (status === 200) keep(answer);
  return status;
}

// The page behind the link of the verification mail. Its effect runs twice, as frameworks do in development.
async function verify(token) {
  const answers = await Promise.all([post("/auth/verify-email", { token }), post("/auth/verify-email", { token })]);
  answers.forEach(([, answer]) => keep(answer));
  return answers.map(([status]) => status);
}

// What the client shows first: it asks for all of it at once.
async function dashboard() {
  const [user, addresses, favourites, campaigns, restaurants, basket] = await Promise.all([
    get("/users/me"), get("/addresses/"), get("/favorites"), get("/campaigns"), get("/restaurants"), get("/carts/get"),
  ]);
  return { user, addresses, favourites, campaigns, restaurants, basket };
}

async function search(query) {
  const [status, answer] = await get("/restaurants/search?" + new URLSearchParams(query));
  if (status === 200) {
    for (const field of ["restaurants", "total", "page", "page_size", "has_next"])
      if (!(field in answer)) breach("GET /restaurants/search", `${field} is missing`);
    if (typeof answer.has_next !== "boolean") breach("GET /restaurants/search", "has_next is no boolean");
  }
  return [status, answer];
}

// The note of a line is sent at every key stroke, and the quantity with it: the line is set, not added to.
let noted = null;
let sending = Promise.resolve();

function noteFor(line) {
  noted = line;
  document.getElementById("note").value = line.note ?? "";
}

document.getElementById("note").addEventListener("input", (event) => {
  const line = { ...noted, note: event.target.value };
  sending = sending.then(() => post("/carts/add", line));
});

async function noteSent() {
  await sending;
  return get("/carts/get");
}

// A basket without an account: the client makes the id itself where it cannot reach generate-id.
async function anonymousCart() {
  if (!localStorage.cart_id) {
    const [status, answer] = await post("/carts/anonymous/generate-id");
    localStorage.cart_id = status === 200 ? answer.cart_id : crypto.randomUUID();
  }
  return localStorage.cart_id;
}

async function mergeAtLogin(merge_strategy) {
  const [status, report] = await post("/carts/anonymous/merge", {
    anonymous_cart_id: localStorage.cart_id, user_id: me(), merge_strategy,
  });
  if (status === 200) delete localStorage.cart_id;
  return [status, report];
}

// Follows an order as an EventSource does, which cannot send a token: it comes back after every end, with the last id,
// until it is told not to. `heard` has [name, data] of each event.
const heard = [];
let following = null;

function follow(order) {
  following = followToTheEnd(order);
}

async function followToTheEnd(order) {
  let last = "";
  let retry = 1000;
  for (;;) {
    const said = { Accept: "text/event-stream", Authorization: `Bearer ${localStorage.access_token}` };
    if (last) said["Last-Event-ID"] = last;
    const options = { headers: said, redirect: "error", credentials: "include" };
    const response = await fetch(`${EDGE}/orders/${order}/events`, options);
    if (response.status !== 200) return response.status;
    if (response.headers.get("Content-Type") !== "text/event-stream") breach("events", "no event stream");
    const text = response.body.pipeThrough(new TextDecoderStream()).getReader();
    for (let rest = "", read = await text.read(); !read.done; read = await text.read()) {
      const blocks = (rest + read.value).split("\n\n");
      rest = blocks.pop();
      for (const block of blocks) {
        const fields = Object.fromEntries(block.split("\n").map((line) => line.split(/: (.*)/s)));
        retry = Number(fields.retry ?? retry);
        last = fields.id ?? last;
        if (fields.data) heard.push([fields.event, JSON.parse(fields.data)]);
      }
    }
    await new Promise((resolve) => setTimeout(resolve, retry));
  }
}

async function logout() {
  const [status] = await post("/auth/logout");
  delete localStorage.access_token;
  delete localStorage.refresh_token;
  return status;
}

document.getElementById("page").textContent = location.pathname;
