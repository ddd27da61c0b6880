() => {
  const wrong = [];
  const shown = e => e.checkVisibility({ checkOpacity: true, checkVisibilityCSS: true }) && e.getClientRects().length > 0;
  const all = selector => [...document.querySelectorAll(selector)].filter(shown);
  const told = e => e.outerHTML.slice(0, 120).replace(/\s+/g, ' ');
  const text = e => (e ? e.textContent.trim() : '');
  const nameOf = e => {
    const by = e.getAttribute('aria-labelledby');
    if (by) return by.split(/\s+/).map(id => text(document.getElementById(id))).join(' ').trim();
    return (e.getAttribute('aria-label') ?? '').trim() || [...(e.labels ?? [])].map(text).join(' ').trim() || text(e) || (e.getAttribute('title') ?? '').trim();
  };

  if (!document.documentElement.lang) wrong.push('the document has no language');
  if (!document.title.trim()) wrong.push('the document has no title');
  for (const [selector, many] of [['main', 1], ['h1', 1], ['body > header', 1], ['nav', 1], ['body > footer', 1]]) {
    if (document.querySelectorAll(selector).length !== many) wrong.push(`there must be ${many} of ${selector}`);
  }
  const ids = [...document.querySelectorAll('[id]')].map(e => e.id);
  ids.filter((id, i) => ids.indexOf(id) !== i).forEach(id => wrong.push(`two elements are called ${id}`));
  for (const e of document.querySelectorAll('[aria-labelledby], [aria-describedby], [for]')) {
    for (const attribute of ['aria-labelledby', 'aria-describedby', 'for']) {
      for (const id of (e.getAttribute(attribute) ?? '').split(/\s+/).filter(Boolean)) {
        if (!document.getElementById(id)) wrong.push(`${attribute} names ${id}, which is not there: ${told(e)}`);
      }
    }
  }
  all('button, a[href], input, select, textarea, summary, [role=img], [role=region], section[aria-labelledby], dialog').filter(e => !nameOf(e)).forEach(e => wrong.push(`it has no name: ${told(e)}`));
  all('input, select, textarea').filter(e => !(e.labels?.length || e.getAttribute('aria-label'))).forEach(e => wrong.push(`it has no label: ${told(e)}`));
  document.querySelectorAll('[tabindex]').forEach(e => e.tabIndex > 0 && wrong.push(`it comes out of turn: ${told(e)}`));
  document.querySelectorAll('[aria-hidden=true] :is(button, a[href], input, select, [tabindex="0"])').forEach(e => wrong.push(`hidden from readers, not from the keyboard: ${told(e)}`));
  document.querySelectorAll('svg:not([aria-hidden]):not([role]), img:not([alt])').forEach(e => wrong.push(`a picture without words: ${told(e)}`));
  all('table').filter(e => e.rows.length > 0 && !e.querySelector('th')).forEach(e => wrong.push(`a table without headings: ${told(e)}`));
  all('ol, ul').forEach(e => [...e.children].some(c => c.tagName !== 'LI') && wrong.push(`a list with what is no item: ${told(e)}`));
  all('dl').forEach(e => [...e.children].some(c => !['DIV', 'DT', 'DD'].includes(c.tagName)) && wrong.push(`a list of terms with something else: ${told(e)}`));
  let level = 0;
  for (const e of all('h1, h2, h3, h4')) {
    const now = Number(e.tagName[1]);
    if (now > level + 1) wrong.push(`heading ${now} follows ${level}: ${told(e)}`);
    level = now;
  }
  // A pointer of 24 px hits it, or it stands in a line of text.
  all('button, input, select, summary').forEach(e => {
    const at = e.getBoundingClientRect();
    if (e.tagName !== 'SUMMARY' && !e.classList.contains('link') && Math.min(at.width, at.height) < 23.5) wrong.push(`too small to hit, ${at.width} × ${at.height}: ${told(e)}`);
  });
  if (document.documentElement.scrollWidth > innerWidth + 1) wrong.push(`wider than the window: ${document.documentElement.scrollWidth} of ${innerWidth}`);

  const paper = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
  const rgba = color => {
    paper.clearRect(0, 0, 1, 1);
    paper.fillStyle = color;
    paper.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = paper.getImageData(0, 0, 1, 1).data;
    return [r, g, b, a / 255];
  };
  const over = (top, under) => [0, 1, 2].map(i => top[i] * top[3] + under[i] * (1 - top[3]));
  const behind = e => {
    const layers = [];
    for (let at = e; at; at = at.parentElement) {
      const color = rgba(getComputedStyle(at).backgroundColor);
      if (color[3] > 0) layers.push(color);
      if (color[3] === 1) break;
    }
    return layers.reduceRight((under, layer) => over(layer, under), [255, 255, 255]);
  };
  const light = color => {
    const [r, g, b] = color.map(v => v / 255).map(v => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const seen = new Set();
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const e = walk.currentNode.parentElement;
    if (!walk.currentNode.data.trim() || seen.has(e) || !shown(e) || ['SCRIPT', 'STYLE', 'OPTION', 'NOSCRIPT'].includes(e.tagName) || e.closest('.skip')) continue;
    seen.add(e);
    const style = getComputedStyle(e);
    const ground = behind(e);
    const [a, b] = [light(over(rgba(style.color), ground)), light(ground)].sort((x, y) => y - x);
    const contrast = (a + 0.05) / (b + 0.05);
    const size = parseFloat(style.fontSize);
    const needed = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700) ? 3 : 4.5;
    if (contrast < needed) wrong.push(`contrast ${contrast.toFixed(2)} of ${needed}: ${told(e)}`);
  }
  return wrong;
}
