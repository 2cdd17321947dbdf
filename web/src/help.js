// `?`: all keys, read from the page's own list, so that the help never says more than there is.

export function startHelp(letters) {
  const box = document.querySelector('[data-keys-help]')
  if (!box) return
  let before = null
  const close = () => {
    if (box.open) box.close()
    before?.focus()
  }
  letters({
    '?': () => {
      before = document.activeElement
      box.showModal()
    },
  }, null)
  box.querySelector('button').addEventListener('click', close)
  document.addEventListener('click', event => event.target.closest?.('[data-help]') && box.showModal())
}
