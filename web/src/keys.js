// Keys of lists: J K move, Enter opens, `/` or Ctrl K goes to the search. Letters only when no field has focus.
import { life } from './life.js'

/** Single letters belong to what is being typed, and to nobody while a key that commands is held. Ticks take no text. */
function typing(target) {
  return target.closest('input:not([type=checkbox]), textarea, select, [contenteditable], .fjs-container') !== null
}

/** People who speak to their computer, or type by accident, switch single letters off (WCAG 2.1.4). */
export function lettersOff() {
  return /(?:^|; )letters=off/.test(document.cookie)
}

/** {key: action} for as long as a page stands (`signal`); not while somebody types, nor over a button's own Space and Enter. */
export function letters(actions, signal = life()) {
  document.addEventListener('keydown', event => {
    if (event.key.length === 1 && (lettersOff() || going)) return
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || !actions[event.key]) return
    if (document.querySelector('dialog[open]') || (event.key !== 'Escape' && typing(event.target))) return
    if (event.key === ' ' && event.target.closest('button, summary, input')) return
    event.preventDefault()
    actions[event.key](event)
  }, signal ? { signal } : {})
}

const USABLE = 'a[href], button, input, select'

/** The rows of a page's list; where none is named so, all that hold something to press. */
function rows() {
  const named = [...document.querySelectorAll('table[data-rows] tbody tr')]
  if (named.length || document.querySelector('[data-island=seats], [data-island=board], [data-island=replay]')) return named // these have their own keys
  return [...document.querySelectorAll('#page main table tbody tr')].filter(row => row.offsetParent && row.querySelector(USABLE))
}

function move(step) {
  const all = rows()
  if (!all.length) return
  const at = all.findIndex(row => row.classList.contains('is-focus'))
  const next = all[Math.min(all.length - 1, Math.max(0, at + step))]
  for (const row of all) row.classList.toggle('is-focus', row === next)
  ;(next.querySelector('a[href]') ?? next.querySelector(USABLE))?.focus()
}

const LIST_KEYS = {
  j: () => move(1),
  k: () => move(-1),
  ArrowDown: () => move(1),
  ArrowUp: () => move(-1),
}

let going = 0 // when G was pressed; the next letter says where to

/** `G T` and the like lead to where a link with `data-go` leads. A page may have a use of its own for G. */
function go(event) {
  if (going) {
    clearTimeout(going)
    const link = [...document.querySelectorAll('[data-go]')].find(each => each.dataset.go === event.key.toUpperCase())
    setTimeout(() => (going = 0)) // after all other listeners have seen this key
    if (link) {
      event.preventDefault()
      link.click()
    }
  } else if (event.key === 'g' && !document.querySelector('[data-own-g]')) going = setTimeout(() => (going = 0), 1500)
}

/** The first that is not folded away. */
function shown(selector) {
  return [...document.querySelectorAll(selector)].find(one => !one.closest('details:not([open]), dialog:not([open])'))
}

/** Ctrl Enter: the form one is in, else the page's one primary button. Forms drawn by form-js see to themselves. */
function mainDeed(event) {
  if (event.defaultPrevented || event.target.closest('.topbar, .callbar') || document.querySelector('dialog[open]')) return
  const form = event.target.closest('form')
  const button = form?.querySelector('.btn--primary, button:not([type=button])') ?? shown('#page main .btn--primary:not([hidden])')
  if (!button) return
  event.preventDefault()
  button.click()
}

export function startKeys() {
  document.addEventListener('keydown', event => {
    if (event.ctrlKey && event.key.toLowerCase() === 'k') {
      document.querySelector('#omnibox')?.focus()
      document.querySelector('#omnibox')?.select()
      event.preventDefault()
    } else if (event.ctrlKey && event.key === 'Enter') {
      mainDeed(event)
    } else if (!event.ctrlKey && !event.metaKey && !event.altKey && !typing(event.target) && !document.querySelector('dialog[open]')) {
      if (event.key.length === 1 && lettersOff()) return
      const wasGoing = going
      go(event)
      if (!wasGoing && LIST_KEYS[event.key] && rows().length) {
        LIST_KEYS[event.key]()
        event.preventDefault()
      }
    }
  })
  document.addEventListener('focusin', event => {
    const row = event.target.closest('#page main tbody tr')
    if (row) for (const other of rows()) other.classList.toggle('is-focus', other === row)
  })
}
