// The page to try the API: every operation of openapi.yml, with a body to begin with and the answer as it came.
const METHODS = ['get', 'post', 'put', 'patch', 'delete'];

function element(name, properties = {}, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

/** A value that fits a schema, for somebody to change. */
function example(schema, api, depth = 0) {
  if (schema.$ref) {
    return depth > 6 ? {} : example(api.components.schemas[schema.$ref.split('/').pop()], api, depth + 1);
  }
  switch (schema.type) {
    case 'object':
      return Object.fromEntries(
        Object.entries(schema.properties ?? {})
          .filter(([name]) => (schema.required ?? []).includes(name))
          .map(([name, of]) => [name, example(of, api, depth + 1)]));
    case 'array':
      return schema.minItems > 0 ? [example(schema.items, api, depth + 1)] : [];
    case 'integer':
    case 'number':
      return 1;
    case 'boolean':
      return false;
    default:
      return schema.enum ? schema.enum[0] : 'text';
  }
}

function parametersOf(path, operation, api) {
  return [...(path.parameters ?? []), ...(operation.parameters ?? [])].map(
    (one) => (one.$ref ? api.components.parameters[one.$ref.split('/').pop()] : one));
}

async function call(method, template, parameters, inputs, type, body) {
  let address = template;
  const query = new URLSearchParams();
  parameters.forEach((parameter, i) => {
    const value = inputs[i].value;
    if (parameter.in === 'path') {
      address = address.replace(`{${parameter.name}}`, encodeURIComponent(value));
    } else if (value !== '') {
      query.set(parameter.name, value);
    }
  });
  const headers = type ? { 'Content-Type': type } : {};
  const key = document.getElementById('key').value;
  if (key !== '') {
    headers.Authorization = `Bearer ${key}`;
  }
  const asked = query.size > 0 ? `${address}?${query}` : address;
  const answer = await fetch(asked, { method: method.toUpperCase(), headers, body: type ? body : undefined });
  const text = await answer.text();
  const isJson = (answer.headers.get('Content-Type') ?? '').includes('json');
  return `${answer.status} ${answer.statusText}\n\n${isJson ? JSON.stringify(JSON.parse(text), null, 2) : text}`;
}

function show(template, method, path, api) {
  const operation = path[method];
  const parameters = parametersOf(path, operation, api);
  const inputs = parameters.map((parameter) => element('input', { name: parameter.name }));
  const content = operation.requestBody?.content ?? {};
  const type = Object.keys(content)[0];
  const body = element('textarea', {
    spellcheck: false,
    value: type?.endsWith('json') ? JSON.stringify(example(content[type].schema, api), null, 2) : '',
  });
  const answer = element('pre', { hidden: true });
  const send = element('button', { type: 'button', textContent: 'Send' });
  send.addEventListener('click', async () => {
    answer.hidden = false;
    answer.textContent = '…';
    try {
      answer.textContent = await call(method, template, parameters, inputs, type, body.value);
    } catch (failure) {
      answer.textContent = String(failure);
    }
  });
  return element('details', { id: operation.operationId },
    element('summary', {},
      element('span', { className: 'method', textContent: method }),
      element('code', { textContent: template }), ` ${operation.summary}`),
    ...parameters.map((parameter, i) =>
      element('label', {}, `${parameter.name} (${parameter.in}) `, inputs[i], ` ${parameter.description ?? ''}`)),
    ...(type ? [element('label', {}, type, body)] : []),
    ...(template.endsWith('/stream') ? [] : [send]),
    answer);
}

const api = await (await fetch('openapi.json')).json();
const operations = document.getElementById('operations');
for (const tag of api.tags) {
  operations.append(element('h2', { textContent: `${tag.name}: ${tag.description}` }));
  for (const [template, path] of Object.entries(api.paths)) {
    METHODS.filter((method) => path[method]?.tags.includes(tag.name))
      .forEach((method) => operations.append(show(template, method, path, api)));
  }
}
