// One line at the bottom right, with an undo where there is one. It goes after eight seconds; a pointer or focus on it
// stops the clock. Refusals stay until they are closed.

const STAYS = 8000

export function toast(box, sentence, { undo, undoText, undoKey = 'U', lines = [], closeText, stays = false } = {}) {
  for (const old of box.querySelectorAll('.toast')) old.remove()
  const node = document.createElement('div')
  node.className = 'toast'
  const text = document.createElement('div')
  for (const line of [sentence, ...lines].filter(Boolean)) {
    const paragraph = document.createElement('p')
    paragraph.textContent = line
    text.append(paragraph)
  }
  node.append(text)
  const close = () => node.remove()
  if (undo) node.append(button(`${undoText} `, undoKey, () => (close(), undo()), 'data-undo'))
  if (lines.length || stays) node.append(button(closeText, '', close, 'data-close'))
  box.append(node)
  if (lines.length || stays) return
  let timer = setTimeout(close, STAYS)
  const stop = () => clearTimeout(timer)
  const again = () => (timer = setTimeout(close, STAYS))
  node.addEventListener('pointerenter', stop)
  node.addEventListener('focusin', stop)
  node.addEventListener('pointerleave', again)
  node.addEventListener('focusout', again)
}

function button(text, key, action, mark) {
  const made = document.createElement('button')
  made.type = 'button'
  made.textContent = text
  made.setAttribute(mark, '')
  if (key) {
    const cap = document.createElement('kbd')
    cap.className = 'kbd'
    cap.textContent = key
    made.append(cap)
  }
  made.addEventListener('click', action)
  return made
}
