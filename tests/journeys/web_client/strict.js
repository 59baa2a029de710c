// What a deployed web client does not forgive, checked on every answer. A breach is kept in `breaches`, as a sentence.
"use strict";

const breaches = [];

const LISTS = ["items", "restaurants", "cuisines", "complementary_ids", "options", "changes", "errors"];
const NUMBERS = [
  "price", "total", "subtotal", "discount", "delivery_fee", "min_order_price", "rating_avg", "rating_count", "prep_time",
  "quantity", "page", "page_size", "item_count", "was", "is", "value", "min_basket", "merged_items_count",
  "conflicts_resolved",
];
// Routes whose answer is a bare list.
const BARE = [
  /^\/restaurants$/, /^\/meals\/restaurant\//, /^\/carts\/get$/, /^\/carts\/orders$/, /^\/orders$/, /^\/addresses\/?$/,
  /^\/campaigns$/, /^\/discounts$/, /^\/auth\/sessions$/,
  /^\/orders\/[^/]+\/timeline$/,
];
// Routes that anybody may call: never 401, with a bad token or without one.
const PUBLIC = [
  /^\/auth\/(register|verify-email|resend-verification|login|refresh|forgot-password|reset-password)$/,
  /^\/restaurants/, /^\/meals/, /^\/campaigns$/, /^\/discounts/, /^\/carts\/anonymous\/(?!merge)/,
];

function breach(route, why) {
  breaches.push(`${route}: ${why}`);
}

function isOneOf(patterns, path) {
  return patterns.some((pattern) => pattern.test(path));
}

// Walks through an answer: fields that are numbers stay numbers, lists stay lists, whatever restaurant has its address.
function checkValues(route, value, name) {
  if (LISTS.includes(name) && !Array.isArray(value)) breach(route, `${name} is no list: ${JSON.stringify(value)}`);
  if (NUMBERS.includes(name) && typeof value !== "number") breach(route, `${name} is no number: ${JSON.stringify(value)}`);
  if (Array.isArray(value)) {
    value.forEach((each) => checkValues(route, each, ""));
  } else if (value !== null && typeof value === "object") {
    if ("opening_hours" in value && !(value.address && typeof value.address.city === "string" && typeof value.address.district === "string"))
      breach(route, `a restaurant without address: ${value.id}`);
    Object.entries(value).forEach(([field, each]) => checkValues(route, each, field));
  }
}

function checkProblem(route, path, status, problem, hadToken) {
  if (problem === null || typeof problem.detail !== "string" || !problem.detail) breach(route, `${status} without detail`);
  if (problem === null || typeof problem.message !== "string" || !problem.code) breach(route, `${status} without message or code`);
  if (status === 401 && isOneOf(PUBLIC, path)) breach(route, "401 on a public route");
  if (status === 401 && hadToken && problem && problem.code === "token_missing") breach(route, "401 although a token was sent");
  if (status >= 500 && status !== 503) breach(route, `${status}`);
}

function checkAnswer(route, path, answer) {
  if (isOneOf(BARE, path) && !Array.isArray(answer)) breach(route, `no bare list: ${JSON.stringify(answer).slice(0, 80)}`);
  checkValues(route, answer, "");
}
