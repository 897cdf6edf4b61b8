// Lists what the server says that it serves: [{ name, url, what }].
const state = document.getElementById('state');

function element(name, properties, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

function copyButton(name, url) {
  const button = element('button', { type: 'button', textContent: 'Copy', ariaLabel: `Copy the address of ${name}` });
  button.addEventListener('click', async () => {
    await navigator.clipboard.writeText(url);
    button.textContent = 'Copied';
    setTimeout(() => (button.textContent = 'Copy'), 1500);
  });
  return button;
}

// A page of this server is a link; the address of another protocol is only text.
function address({ name, url }) {
  const text = element('code', { textContent: url });
  const whole = URL.canParse(url, location.href) ? new URL(url, location.href) : undefined;
  const shown = whole?.protocol.startsWith('http') ? element('a', { href: whole.href }, text) : text;
  return element('div', { className: 'address' }, shown, copyButton(name, whole?.href ?? url));
}

function card(entry) {
  const heading = element('h2', { textContent: entry.name });
  const what = element('p', { textContent: entry.what });
  return element('li', { className: 'card' }, heading, what, address(entry));
}

try {
  const answer = await fetch('/console/served.json');
  if (!answer.ok) throw new Error(`the server answered ${answer.status}`);
  document.getElementById('served').replaceChildren(...(await answer.json()).map(card));
  state.hidden = true;
} catch (error) {
  state.className = 'bad';
  state.textContent = `The list cannot be shown: ${error.message}. Reload the page to ask again.`;
}
