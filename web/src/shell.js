// What every page has: theme, keys, buttons that must not fire twice, times that go on running.
import './citydesk.css'
import './product.css'
import './telephone.css'
import { countLimits } from './limits.js'
import { startHelp } from './help.js'
import { letters, lettersOff, startKeys } from './keys.js'
import { startCallbar } from './callbar.js'
import { startNotices } from './notices.js'
import { life } from './life.js'
import { startNavigation } from './navigate.js'
import { noteRecent, startOmnibox } from './omnibox.js'
import { startSignOut } from './sign-out.js'
import { toast } from './toasts.js'
import { guardKeptPages, startSending } from './waiting.js'

/** A form is sent once: a second press while the first is on its way does nothing. */
function sendOnce() {
  document.addEventListener('submit', event => {
    const form = event.target
    if (form.dataset.sent) {
      event.preventDefault()
      return
    }
    form.dataset.sent = 'true'
    for (const button of form.querySelectorAll('[type=submit]')) button.setAttribute('aria-disabled', 'true')
  })
  // back from the browser's cache the page may be used again
  window.addEventListener('pageshow', () => {
    for (const form of document.querySelectorAll('form[data-sent]')) {
      delete form.dataset.sent
      for (const button of form.querySelectorAll('[type=submit]')) button.removeAttribute('aria-disabled')
    }
  })
}

/** `data-submit-on-change`: choosing is the deed (language, filters); the button stays for pages without scripts. */
function submitOnChange() {
  document.addEventListener('change', event => event.target.matches('[data-submit-on-change]') && event.target.form.requestSubmit())
}

/** A choice of this browser; the server never reads it. */
function remember(name, value) {
  document.cookie = `${name}=${value}; path=/; max-age=31536000; samesite=lax`
}

function switchTheme() {
  const root = document.documentElement
  document.querySelector('[data-theme-toggle]')?.addEventListener('click', () => {
    root.dataset.theme = root.dataset.theme === 'dark' ? 'light' : 'dark'
    remember('theme', root.dataset.theme)
    const token = document.querySelector('meta[name=csrf-token]').content
    fetch('/account/theme', { method: 'POST', headers: { 'X-CSRFToken': token }, body: new URLSearchParams({ theme: root.dataset.theme }) }).catch(() => {})
  })
}

function switchLetters() {
  const box = document.querySelector('[data-letters-switch]')
  if (!box) return
  box.checked = !lettersOff()
  box.addEventListener('change', () => remember('letters', box.checked ? 'on' : 'off'))
}

/** `]`: the context pane hides; on a narrow screen, where it has no place, it opens as a drawer. */
function switchContext() {
  const root = document.documentElement
  const button = document.querySelector('[data-context-toggle]')
  const pane = document.querySelector('aside.context')
  if (button) button.hidden = !pane
  if (!button || !pane) return
  root.removeAttribute('data-drawer')
  const narrow = matchMedia('(max-width: 1180px)')
  const shown = () => getComputedStyle(pane).display !== 'none'
  const say = () => button.setAttribute('aria-expanded', String(shown()))
  const toggle = () => {
    if (narrow.matches) root.toggleAttribute('data-drawer')
    else {
      root.dataset.context = shown() ? 'hidden' : 'shown'
      remember('context', root.dataset.context)
    }
    say()
    if (root.hasAttribute('data-drawer')) pane.focus()
  }
  say()
  narrow.addEventListener('change', say, { signal: life() })
  button.addEventListener('click', toggle, { signal: life() })
  letters({ ']': toggle })
}

/** Menus that open at a press close with Escape or a press elsewhere. */
function closeMenus() {
  const open = () => document.querySelector('details.popover[open]')
  document.addEventListener('pointerdown', event => {
    const menu = open()
    if (menu && !menu.contains(event.target)) menu.open = false
  })
  document.addEventListener('keydown', event => {
    const menu = event.key === 'Escape' && open()
    if (!menu) return
    menu.open = false
    menu.querySelector('summary').focus()
    event.stopPropagation()
  })
}

/** What can be taken back is said as a toast, with the button of the form that takes it back. */
function toastUndoable() {
  const box = document.querySelector('[data-toasts]')
  for (const flash of document.querySelectorAll('[data-undoable]')) {
    const form = flash.querySelector('form')
    flash.hidden = true
    toast(box, flash.dataset.undoable, { undo: () => form.requestSubmit(), undoText: box.dataset.undoWord })
    letters({ u: () => flash.isConnected && form.requestSubmit() })
  }
}

/** What each page needs, whether it came by itself or took another's place in the shell. */
function startPage() {
  for (const part of document.querySelectorAll('[data-scripted]')) part.hidden = false
  switchLetters()
  switchContext()
  startNotices()
  noteRecent()
  toastUndoable()
  countLimits()
}

sendOnce()
switchTheme()
closeMenus()
submitOnChange()
startKeys()
startHelp(letters)
startOmnibox()
startCallbar()
guardKeptPages()
startSending()
startSignOut()
startPage()
startNavigation(startPage)
