"""The script of a page: a search, and keys. Without it, only these are missing."""

SCRIPT = """
(() => {
  const all = (selector) => [...document.querySelectorAll(selector)];
  const search = document.querySelector('#search');
  const entries = all('.entry');
  const texts = new Map(entries.map((entry) => [entry, entry.textContent.toLowerCase()]));
  const open = (value) => all('details').forEach((each) => { each.open = value; });
  if (search) {
    search.parentElement.hidden = false;
    const apply = () => {
      const words = search.value.toLowerCase().split(/\\s+/).filter(Boolean);
      let count = 0;
      for (const entry of entries) {
        entry.hidden = !words.every((word) => texts.get(entry).includes(word));
        count += entry.hidden ? 0 : 1;
      }
      for (const group of all('.group')) {
        group.hidden = words.length > 0 && !group.querySelector('.entry:not([hidden])');
        if (words.length > 0 && !group.hidden) { group.open = true; }
      }
      document.querySelector('#found').textContent = words.length ? count + ' found' : '';
    };
    search.addEventListener('input', apply);
    document.addEventListener('keydown', (event) => {
      const typing = event.target.matches('input[type=search], textarea');
      if (event.ctrlKey || event.metaKey || event.altKey) { return; }
      if (event.key === 'Escape' && typing) {
        search.value = '';
        apply();
        search.blur();
      } else if (!typing && event.key === '/') {
        event.preventDefault();
        search.focus();
      } else if (!typing && (event.key === 'o' || event.key === 'c')) {
        open(event.key === 'o');
      } else if (!typing && (event.key === 'j' || event.key === 'k')) {
        const shown = entries.filter((entry) => entry.offsetParent !== null);
        const at = shown.indexOf(document.activeElement.closest('.entry'));
        const next = shown[event.key === 'j' ? at + 1 : Math.max(0, at - 1)];
        const target = next && (next.querySelector('summary') || next);
        if (target) { target.focus(); target.scrollIntoView({block: 'nearest'}); }
      }
    });
  }
  const closed = new Set();
  window.addEventListener('beforeprint', () => {
    all('details:not([open]):not(.rest)').forEach((each) => {
      closed.add(each);
      each.open = true;
    });
  });
  window.addEventListener('afterprint', () => {
    for (const each of closed) { each.open = false; }
    closed.clear();
  });
})();
"""
