// Signing out clears what this device keeps of the person; what still waits to be sent is tried first, then asked about.
import { keepOnly } from './kept-pages.js'
import { entriesOf, flush, take } from './outbox.js'
import { me } from './waiting.js'

export function startSignOut() {
  const form = document.querySelector('[data-sign-out]')
  const dialog = document.querySelector('[data-waiting-dialog]')
  if (!form || !dialog || !globalThis.indexedDB) return
  const leave = async () => {
    for (const entry of await entriesOf(me()).catch(() => [])) await take(entry.id)
    await keepOnly(null)
    form.submit()
  }
  form.addEventListener('submit', async event => {
    event.preventDefault()
    if ((await entriesOf(me()).catch(() => [])).length) await flush().catch(() => {})
    const left = (await entriesOf(me()).catch(() => [])).length
    if (!left) return leave()
    delete form.dataset.sent
    for (const button of form.querySelectorAll('button')) button.removeAttribute('aria-disabled')
    dialog.querySelector('[data-waiting-left]').textContent = dialog.dataset.left.replace('{n}', left)
    dialog.showModal()
  })
  dialog.querySelector('[data-waiting-stay]').addEventListener('click', () => dialog.close())
  dialog.querySelector('[data-waiting-leave]').addEventListener('click', leave)
}
