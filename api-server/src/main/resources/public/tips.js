// A question mark behind what has an explanation: by pointer, finger and keyboard, and read out.

const tip = document.getElementById('tip');

export function addTips() {
  document.querySelectorAll('[data-tip]').forEach(add);
  document.addEventListener('keydown', event => event.key === 'Escape' && hide());
  for (const event of ['scroll', 'pointerdown']) document.addEventListener(event, hide, { passive: true });
}

function add(element) {
  const button = document.createElement('button');
  button.type = 'button';
  button.className = 'tip';
  button.textContent = '?';
  button.setAttribute('aria-label', `What is “${element.textContent}”? ${element.dataset.tip}`);
  for (const event of ['pointerenter', 'focus', 'click']) button.addEventListener(event, () => show(button, element.dataset.tip));
  for (const event of ['pointerleave', 'blur']) button.addEventListener(event, hide);
  element.after(button);
}

function show(button, text) {
  tip.textContent = text;
  tip.hidden = false;
  const at = button.getBoundingClientRect();
  const left = Math.min(at.left, document.documentElement.clientWidth - tip.offsetWidth - 8);
  const below = at.bottom + 6 + tip.offsetHeight < innerHeight;
  tip.style.left = `${Math.max(8, left)}px`;
  tip.style.top = `${below ? at.bottom + 6 : at.top - tip.offsetHeight - 6}px`;
}

function hide() {
  tip.hidden = true;
}
