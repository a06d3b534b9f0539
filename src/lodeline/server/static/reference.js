// Lists the routes of the OpenAPI document. Everything is set as text, never as markup.
"use strict";

const METHODS = ["get", "post", "put", "patch", "delete"];

function element(name, text, className) {
  const made = document.createElement(name);
  if (text !== undefined) made.textContent = text;
  if (className) made.className = className;
  return made;
}

function typeOf(schema) {
  if (!schema) return "";
  if (schema.$ref) return schema.$ref.split("/").pop();
  if (schema.anyOf) return schema.anyOf.map(typeOf).join(" | ");
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(" | ");
  if (schema.type === "array") return `${typeOf(schema.items)}[]`;
  return schema.type || "any";
}

function schemaBlock(title, schema, components) {
  const block = element("div");
  block.append(element("h4", `${title}: ${typeOf(schema)}`));
  const target = schema.type === "array" ? schema.items : schema;
  const known = target && target.$ref ? components[target.$ref.split("/").pop()] : null;
  if (known && known.properties) {
    if (known.description) block.append(element("p", known.description));
    const rows = Object.entries(known.properties).map(([name, part]) => [
      name, typeOf(part), (known.required || []).includes(name) ? "required" : "", part.description || "",
    ]);
    block.append(table(["field", "type", "", ""], rows));
  }
  return block;
}

function table(heads, rows) {
  const made = element("table");
  const head = made.createTHead().insertRow();
  heads.forEach((text) => head.append(element("th", text)));
  const body = made.createTBody();
  rows.forEach((cells) => {
    const row = body.insertRow();
    cells.forEach((text) => row.append(element("td", String(text))));
  });
  return made;
}

function routeBlock(path, method, operation, components) {
  const block = element("details");
  block.id = operation.operationId;
  const summary = element("summary");
  summary.append(element("span", method.toUpperCase(), "method"), element("code", path));
  summary.append(element("span", operation.summary || "", "what"));
  block.append(summary);
  block.addEventListener("toggle", () => {
    if (!block.open || block.dataset.filled) return;
    block.dataset.filled = "yes";
    if (operation.description) block.append(element("p", operation.description));
    if (operation.parameters) {
      const rows = operation.parameters.map((part) => [
        part.name, part.in, typeOf(part.schema), part.required ? "required" : "", part.description || "",
      ]);
      block.append(table(["parameter", "in", "type", "", ""], rows));
    }
    if (operation.requestBody) {
      for (const [media, part] of Object.entries(operation.requestBody.content)) {
        block.append(schemaBlock(`Body (${media})`, part.schema, components));
      }
    }
    for (const [status, answer] of Object.entries(operation.responses)) {
      const [media, part] = Object.entries(answer.content || {})[0] || [];
      if (media && Number(status) < 400) {
        block.append(schemaBlock(`${status} (${media})`, part.schema, components));
      } else {
        block.append(element("p", `${status} ${answer.description}`));
      }
    }
  });
  return block;
}

function render(api) {
  document.getElementById("version").textContent = `Version ${api.info.version}`;
  document.getElementById("description").textContent = api.info.description;
  const groups = new Map();
  for (const [path, item] of Object.entries(api.paths)) {
    for (const method of METHODS.filter((name) => item[name])) {
      const tag = (item[method].tags || ["other"])[0];
      if (!groups.has(tag)) groups.set(tag, []);
      groups.get(tag).push(routeBlock(path, method, item[method], api.components.schemas));
    }
  }
  const main = document.getElementById("routes");
  main.replaceChildren();
  for (const [tag, blocks] of groups) {
    const section = element("section");
    section.append(element("h2", tag), ...blocks);
    main.append(section);
  }
  document.getElementById("search").addEventListener("input", (event) => {
    const wanted = event.target.value.toLowerCase();
    main.querySelectorAll("details").forEach((block) => {
      block.hidden = !block.querySelector("summary").textContent.toLowerCase().includes(wanted);
    });
    main.querySelectorAll("section").forEach((section) => {
      section.hidden = !section.querySelector("details:not([hidden])");
    });
  });
  if (location.hash) {
    const named = document.getElementById(location.hash.slice(1));
    if (named) named.open = true;
  }
}

fetch("/api/v1/openapi.json")
  .then((answer) => {
    if (!answer.ok) throw new Error(`the server answered ${answer.status}`);
    return answer.json();
  })
  .then(render)
  .catch((error) => {
    document.getElementById("routes").textContent = `The OpenAPI document could not be read: ${error.message}`;
  });
