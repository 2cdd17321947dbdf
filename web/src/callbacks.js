// Who is to be called back: drawn anew in place when an attempt begins or ends. The focus stays on the row it was on.
import { news } from './stream.js'

const SETTLE = 400 // what was told reaches the database a little later
let pending = null

async function draw() {
  pending = null
  const response = await fetch(location.href, { headers: { Accept: 'text/html' } }).catch(() => null)
  if (!response?.ok) return
  const fresh = new DOMParser().parseFromString(await response.text(), 'text/html')
  for (const part of document.querySelectorAll('main [data-part]')) {
    const now = fresh.querySelector(`main [data-part="${part.dataset.part}"]`)
    if (!now) continue
    const held = part.contains(document.activeElement) ? document.activeElement.closest('[data-request]')?.dataset.request : null
    part.replaceWith(document.adoptNode(now))
    if (held) now.querySelector(`[data-request="${held}"]`)?.querySelector('button, a')?.focus()
  }
}

for (const kind of ['callbacks', 'open']) {
  news().addEventListener(kind, () => {
    clearTimeout(pending)
    pending = setTimeout(draw, SETTLE)
  })
}
