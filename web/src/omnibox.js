// Ctrl K: the server says what is meant (POST: what is typed may be a telephone, and stands in no address and no log).
// Without this file the form leads to the search page.
import { visit } from './navigate.js'

const REST = 140 // milliseconds after the last key
const MOST_RECENT = 8

/** Numbers of the cases this person had open in this browser; what they are about the server tells, masked. */
class Recent {
  constructor() {
    this.key = `recent-cases:${document.documentElement.dataset.person}`
  }

  numbers() {
    try {
      return JSON.parse(localStorage.getItem(this.key)) ?? []
    } catch {
      return []
    }
  }

  note(number) {
    const others = this.numbers().filter(each => each !== number)
    this.keep([number, ...others].slice(0, MOST_RECENT))
  }

  forget() {
    localStorage.removeItem(this.key)
  }

  keep(numbers) {
    try {
      localStorage.setItem(this.key, JSON.stringify(numbers))
    } catch {} // a browser without storage has no recent cases
  }
}

class Omnibox {
  constructor(form, recent) {
    this.form = form
    this.recent = recent
    this.input = form.querySelector('input[name=q]')
    this.list = form.querySelector('[role=listbox]')
    this.asked = 0
  }

  start() {
    for (const [name, value] of Object.entries({ role: 'combobox', 'aria-expanded': 'false', 'aria-controls': this.list.id, 'aria-autocomplete': 'list' })) {
      this.input.setAttribute(name, value)
    }
    this.input.addEventListener('focus', () => this.ask())
    this.input.addEventListener('input', () => {
      clearTimeout(this.resting)
      this.resting = setTimeout(() => this.ask(), REST)
    })
    this.form.addEventListener('keydown', event => this.pressed(event))
    this.form.addEventListener('focusout', event => {
      if (!this.form.contains(event.relatedTarget)) this.close()
    })
    this.list.addEventListener('pointerdown', event => event.preventDefault()) // the field keeps the focus
    this.form.dataset.ready = 'true'
  }

  async ask() {
    const turn = ++this.asked
    const headers = { 'Content-Type': 'application/json', 'X-CSRFToken': document.querySelector('meta[name=csrf-token]').content }
    const body = JSON.stringify({ asked: this.input.value, recent: this.recent.numbers() })
    const response = await fetch('/omnibox', { method: 'POST', headers, body }).catch(() => null)
    if (turn !== this.asked || !response?.ok || !this.form.contains(document.activeElement)) return
    this.list.innerHTML = await response.text()
    const any = this.options().length > 0 || this.list.querySelector('p') !== null
    this.list.hidden = !any
    this.input.setAttribute('aria-expanded', String(any))
    this.choose(this.input.value.trim() ? this.options()[0] : null)
  }

  options() {
    return [...this.list.querySelectorAll('[role=option]')]
  }

  choose(option) {
    for (const each of this.options()) each.setAttribute('aria-selected', String(each === option))
    if (option) {
      this.input.setAttribute('aria-activedescendant', option.id)
      option.scrollIntoView({ block: 'nearest' })
    } else this.input.removeAttribute('aria-activedescendant')
  }

  chosen() {
    return this.list.hidden ? null : this.list.querySelector('[aria-selected=true]')
  }

  pressed(event) {
    if (event.isComposing) return // Chinese is being typed: Enter and arrows belong to the input method
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key]
    if (step && !this.list.hidden) {
      const all = this.options()
      const at = all.indexOf(this.chosen())
      this.choose(all[at < 0 ? (step > 0 ? 0 : all.length - 1) : (at + step + all.length) % all.length])
      event.preventDefault()
    } else if (event.key === 'Enter') this.enter(event)
    else if (event.key === 'Escape') {
      if (this.list.hidden) this.input.blur()
      this.close()
      event.stopPropagation()
    }
  }

  /** What is chosen opens; nothing chosen, or still on its way: the search page answers. */
  enter(event) {
    const option = this.chosen()
    if (!option) return
    event.preventDefault()
    if (event.ctrlKey || event.metaKey) window.open(option.href, '_blank', 'noopener')
    else this.go(option.href)
  }

  go(url) {
    this.close()
    this.input.value = ''
    visit(url)
  }

  close() {
    this.asked++
    this.list.hidden = true
    this.input.setAttribute('aria-expanded', 'false')
    this.choose(null)
  }
}

/** The case that is open belongs to the recent ones. */
export function noteRecent() {
  const open = document.querySelector('[data-case-no]')?.dataset.caseNo
  if (open) new Recent().note(open)
}

export function startOmnibox() {
  const recent = new Recent()
  document.querySelector('[data-sign-out]')?.addEventListener('submit', () => recent.forget())
  const form = document.querySelector('[data-omnibox]')
  if (form) new Omnibox(form, recent).start()
}
