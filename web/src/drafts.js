// What is written and not sent yet: on this device at once, on the server after a pause, and from this device as soon as
// the server has it. A shared computer keeps nothing that the server keeps.
import { life } from './life.js'
const PAUSE = 2000
const AGAIN = 10_000

export class Draft {
  constructor(place, key, words, say) {
    this.place = `citydesk:draft:${place}` // one for each person and order
    this.key = key
    this.words = words
    this.say = say
    window.addEventListener('online', () => this.save(), { signal: life() })
  }

  /** What this device still keeps of this very form: {values}. Another step's is forgotten. */
  kept() {
    try {
      const kept = JSON.parse(localStorage.getItem(this.place))
      if (kept?.key === this.key) return kept
    } catch { /* unreadable is nothing */ }
    localStorage.removeItem(this.place)
    return null
  }

  keep(values) {
    this.values = values
    try {
      localStorage.setItem(this.place, JSON.stringify({ key: this.key, values }))
    } catch { /* full or forbidden: the server's copy remains */ }
  }

  written(values) {
    this.keep(values)
    clearTimeout(this.timer)
    this.timer = setTimeout(() => this.save(), PAUSE)
  }

  async save() {
    if (!this.values || this.done) return
    clearTimeout(this.timer)
    const values = this.values
    const headers = { 'Content-Type': 'application/json', Accept: 'application/json', 'X-CSRFToken': document.querySelector('meta[name=csrf-token]').content }
    const body = JSON.stringify({ values })
    const response = await fetch(`/drafts/${this.key}`, { method: 'PUT', headers, body }).catch(() => null)
    if (!response?.ok) {
      this.say(this.words.kept_here)
      this.timer = setTimeout(() => this.save(), AGAIN)
    } else if (values === this.values) {
      localStorage.removeItem(this.place)
      const at = new Date().toLocaleTimeString(document.documentElement.lang, { hour12: false })
      this.say(this.words.kept.replace('{at}', at))
    }
  }

  forget() {
    this.done = true
    clearTimeout(this.timer)
    localStorage.removeItem(this.place)
  }
}
