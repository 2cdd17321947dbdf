// A call rings: its registration opens by itself where nothing is being written, and is offered with a key where
// something is. Of several open pages only the one that was last in front does anything.
import { visit } from './navigate.js'
import { toast } from './toasts.js'

const FRONT = 'citydesk:front'
const SHOWN = 'citydesk:popped' // a call's form opens by itself once, whatever page comes next
const page = crypto.randomUUID?.() ?? String(Math.random())

function inFront() {
  if (document.visibilityState === 'visible') localStorage.setItem(FRONT, page)
}

function writing() {
  if (document.querySelector('.is-changed, dialog[open]')) return true
  const fields = '[data-phone-panel]:not([hidden]) textarea, [data-phone-panel]:not([hidden]) input, main textarea, main input:not([type=hidden]):not([type=checkbox]):not([type=radio])'
  return [...document.querySelectorAll(fields)].some(field => !field.closest('.fjs-container') && field.value !== field.defaultValue)
}

export function watchFront() {
  inFront()
  window.addEventListener('focus', inFront)
  window.addEventListener('pointerdown', inFront, true)
  document.addEventListener('visibilitychange', inFront)
}

/** A promise of the form when the page goes there; null where nothing is opened. `words`: {offer, open}. */
export function pop(call, words) {
  const url = `/registrations/new?call=${call.call}`
  if (location.pathname + location.search === url) return null
  if (localStorage.getItem(FRONT) !== page && localStorage.getItem(FRONT)) return null
  if (localStorage.getItem(SHOWN) === call.call) return null
  localStorage.setItem(SHOWN, call.call)
  if (!writing()) {
    return Promise.resolve(visit(url)).catch(() => {}) // a page that does not come is fetched by the browser (navigate.js)
  }
  const box = document.querySelector('[data-toasts]')
  const open = () => window.open(url, '_blank') ?? location.assign(url)
  toast(box, `${words.offer} ${call.name ?? ''} ${call.phone ?? ''}`, { undo: open, undoText: words.open, undoKey: 'F3', stays: true, closeText: box.dataset.closeWord })
  document.addEventListener('keydown', function opens(event) {
    if (event.key !== 'F3' || !box.querySelector('[data-undo]')) return
    event.preventDefault()
    document.removeEventListener('keydown', opens)
    box.querySelector('[data-undo]').click()
  })
  return null
}
