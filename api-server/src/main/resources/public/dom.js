// Elements made of data: text only, never markup.

export function element(name, properties = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (key === 'data') Object.assign(made.dataset, value);
    else if (key in made) made[key] = value;
    else made.setAttribute(key, value);
  }
  made.append(...children);
  return made;
}

/** A table with a heading for its columns; the first cell of a row names it. */
export function table(caption, heads, rows) {
  return element('table', {},
    element('caption', { textContent: caption }),
    element('thead', {}, element('tr', {}, ...heads.map(head => element('th', { scope: 'col', textContent: head })))),
    element('tbody', {}, ...rows.map(cells => element('tr', {}, ...cells.map((cell, i) => {
      const made = element(i === 0 ? 'th' : 'td', i === 0 ? { scope: 'row' } : {});
      made.append(cell);
      return made;
    })))));
}

/** Wide tables scroll on their own, by keyboard too. */
export function scrolling(made, label) {
  return element('div', { className: 'scroll', tabIndex: 0, role: 'region', ariaLabel: label }, made);
}

/** A bar whose length says a share, beside its text. */
export function bar(share, text, negative = false) {
  const fill = element('i', { className: negative ? 'bar negative' : 'bar', ariaHidden: 'true' });
  fill.style.width = `${Math.max(0, Math.min(1, share)) * 100}%`;
  return element('span', { className: 'barred' }, fill, element('span', { textContent: text }));
}
