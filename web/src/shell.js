// What every page has: theme, keys, buttons that must not fire twice, times that go on running.
import './citydesk.css'
import './product.css'
import { countLimits } from './limits.js'
import { startHelp } from './help.js'
import { letters, startKeys } from './keys.js'

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
  for (const control of document.querySelectorAll('[data-submit-on-change]')) {
    control.addEventListener('change', () => control.form.requestSubmit())
  }
}

function switchTheme() {
  const root = document.documentElement
  document.querySelector('[data-theme-toggle]')?.addEventListener('click', () => {
    root.dataset.theme = root.dataset.theme === 'dark' ? 'light' : 'dark'
    document.cookie = `theme=${root.dataset.theme}; path=/; max-age=31536000; samesite=lax`
  })
}

sendOnce()
switchTheme()
submitOnChange()
startKeys()
startHelp(letters)
countLimits()
