// `/` at the beginning of a word in a form's text offers phrases: type to narrow, arrows and Enter choose, Esc leaves.
const SHOWN = 8
let phrases = null

async function load() {
  const response = await fetch('/phrases/list', { headers: { Accept: 'application/json' } })
  return response.ok ? (await response.json()).phrases : []
}

class Picker {
  constructor(field) {
    this.field = field
    this.list = document.createElement('ul')
    this.list.className = 'picker'
    this.list.id = `phrases-${crypto.randomUUID()}`
    this.list.setAttribute('role', 'listbox')
    this.list.setAttribute('aria-label', document.querySelector('[data-phrases-label]')?.dataset.phrasesLabel ?? '/')
    this.list.hidden = true
    field.after(this.list)
    field.setAttribute('aria-controls', this.list.id)
    field.addEventListener('input', () => this.look())
    field.addEventListener('keydown', event => this.key(event))
    field.addEventListener('blur', () => setTimeout(() => this.close(), 150))
    this.list.addEventListener('mousedown', event => {
      const option = event.target.closest('[role=option]')
      if (!option) return
      event.preventDefault()
      this.insert(Number(option.dataset.n))
    })
  }

  async look() {
    const asked = this.field.value.slice(0, this.field.selectionStart).match(/(?:^|[\s，。；：、])\/([^\s/]{0,20})$/)
    if (!asked) return this.close()
    phrases ??= await load()
    this.from = this.field.selectionStart - asked[1].length - 1
    const word = asked[1].toLowerCase()
    this.found = phrases.filter(p => p.title.toLowerCase().includes(word) || p.body.toLowerCase().includes(word)).slice(0, SHOWN)
    this.at = 0
    this.draw()
  }

  draw() {
    this.list.replaceChildren(...this.found.map((phrase, n) => {
      const option = document.createElement('li')
      option.id = `${this.list.id}-${n}`
      option.dataset.n = n
      option.setAttribute('role', 'option')
      option.setAttribute('aria-selected', String(n === this.at))
      const title = document.createElement('b')
      title.textContent = phrase.title
      const body = document.createElement('span')
      body.className = 'small muted ellipsis'
      body.textContent = phrase.body
      option.append(title, body)
      return option
    }))
    this.list.hidden = !this.found.length
    if (this.found.length) this.field.setAttribute('aria-activedescendant', `${this.list.id}-${this.at}`)
  }

  key(event) {
    if (this.list.hidden) return
    const move = { ArrowDown: 1, ArrowUp: -1 }[event.key]
    if (move) this.at = (this.at + move + this.found.length) % this.found.length
    else if (event.key === 'Enter' || event.key === 'Tab') this.insert(this.at)
    else if (event.key === 'Escape') this.close()
    else return
    event.preventDefault()
    event.stopPropagation()
    if (move) this.draw()
  }

  insert(n) {
    this.field.focus()
    this.field.setSelectionRange(this.from, this.field.selectionStart)
    document.execCommand('insertText', false, this.found[n].body) // keeps the browser's own undo
    this.close()
  }

  close() {
    this.list.hidden = true
    this.field.removeAttribute('aria-activedescendant')
  }
}

/** Each text of a form, once. */
export function offerPhrases(container) {
  container.addEventListener('focusin', event => {
    const field = event.target
    if (field.tagName === 'TEXTAREA' && !field.dataset.phrases) {
      field.dataset.phrases = 'on'
      new Picker(field)
    }
  })
}
