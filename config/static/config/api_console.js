// The console of the API reference: sends a request as the signed-in user, with a token of some minutes.
"use strict";

const tokenForm = document.getElementById("console-token");
let token = { access: "", until: 0 };

const getToken = async () => {
  if (Date.now() < token.until) return token.access;
  const response = await fetch(tokenForm.action, { method: "POST", body: new FormData(tokenForm) });
  if (!response.ok || response.redirected) throw new Error(String(response.status));
  const { access, seconds } = await response.json();
  token = { access, until: Date.now() + (seconds - 30) * 1000 };
  return access;
};

const buildAddress = (form) => {
  let path = form.dataset.path;
  const query = new URLSearchParams();
  for (const field of form.querySelectorAll("[data-in=path]")) {
    path = path.replace(`{${field.name}}`, encodeURIComponent(field.value.trim()));
  }
  for (const field of form.querySelectorAll("[data-in=query]")) {
    if (field.value.trim()) query.set(field.name, field.value.trim());
  }
  return query.size ? `${path}?${query}` : path;
};

const describe = async (response) => {
  const lines = [`${response.status} ${response.statusText}`];
  for (const name of ["RateLimit", "Retry-After", "X-Request-ID"]) {
    if (response.headers.has(name)) lines.push(`${name}: ${response.headers.get(name)}`);
  }
  const text = await response.text();
  const isJson = (response.headers.get("Content-Type") || "").includes("json");
  lines.push("", isJson ? JSON.stringify(JSON.parse(text), null, 2) : text);
  return lines.join("\n");
};

for (const form of document.querySelectorAll(".console")) {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const output = form.querySelector("pre");
    const body = form.querySelector("[data-in=body]");
    try {
      const headers = { Authorization: `Bearer ${await getToken()}` };
      if (body) headers["Content-Type"] = "application/json";
      const options = { method: form.dataset.method, headers, body: body ? body.value : undefined, credentials: "omit" };
      output.textContent = await describe(await fetch(buildAddress(form), options));
    } catch {
      output.textContent = tokenForm.dataset.failed;
    }
    output.hidden = false;
  });
}

// A link to an operation opens it.
const openTarget = () => {
  const target = location.hash.length > 1 && document.getElementById(location.hash.slice(1));
  if (target && target.matches("details")) target.open = true;
};
window.addEventListener("hashchange", openTarget);
openTarget();
