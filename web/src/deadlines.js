// The deadline board: choose and remind by keys; figures count on in place, what is new waits at the edge.
import { letters } from './keys.js'
import { news } from './stream.js'
import { every, life } from './life.js'
import { island } from './islands.js'

const SILENCE = 10_000 // the server beats each five seconds
const PULSE = 10_000 // milliseconds: the whole city is counted each time

class Deadlines {
  constructor(root) {
    this.root = root
    this.words = JSON.parse(root.querySelector('[data-words]').textContent)
    this.form = root.querySelector('[data-reminders]')
    this.pill = root.querySelector('[data-newpill]')
    this.lost = root.querySelector('[data-live-lost]')
    this.heard = Date.now()
    this.asked = 0
  }

  start() {
    this.form?.addEventListener('change', event => this.ticked(event))
    letters({
      x: () => this.tick(this.focused()), r: () => this.form?.querySelector('#text')?.focus(),
      '.': () => this.pill.hidden || this.pill.click(),
    })
    this.showSelection()
    this.listen()
    this.root.dataset.ready = 'true'
  }

  rows() {
    return [...this.root.querySelectorAll('tr[data-order]')]
  }

  focused() {
    return document.activeElement?.closest('tr[data-order]') ?? this.root.querySelector('tr.is-focus')
  }

  tick(row) {
    const box = row?.querySelector('.check')
    if (box) box.checked = !box.checked
    this.showSelection()
  }

  ticked(event) {
    if (event.target.matches('[data-all]')) {
      for (const row of this.rows()) row.querySelector('.check').checked = event.target.checked
    }
    this.showSelection()
  }

  showSelection() {
    const chosen = this.rows().filter(row => row.querySelector('.check')?.checked)
    for (const row of this.rows()) row.setAttribute('aria-selected', String(chosen.includes(row)))
    const place = this.root.querySelector('[data-selected]')
    if (place) place.textContent = this.words.selected.replace('{n}', chosen.length)
  }

  // ---------------------------------------------------------------- news
  listen() {
    const source = news()
    source.addEventListener('beat', () => this.alive(), { signal: life() })
    source.addEventListener('task', () => {
      this.alive()
      this.refresh()
    }, { signal: life() })
    every(1000, () => this.watch())
    every(60_000, () => this.refresh()) // time alone makes orders late
  }

  alive() {
    if (!this.lost.hidden) this.refresh()
    this.heard = Date.now()
    this.lost.hidden = true
  }

  watch() {
    if (Date.now() - this.heard <= SILENCE || !this.lost.hidden) return
    const at = new Date(this.heard).toLocaleTimeString(document.documentElement.lang, { hour: '2-digit', minute: '2-digit', hour12: false })
    this.lost.textContent = this.words.interrupted.replace('{at}', at)
    this.lost.hidden = false
  }

  refresh() {
    if (this.pending) return
    this.pending = setTimeout(() => this.pulse(), Math.max(200, this.asked + PULSE - Date.now()))
  }

  /** Figures in place; an order that left the page's bucket is greyed, new ones wait at the edge. */
  async pulse() {
    this.pending = null
    this.asked = Date.now()
    const response = await fetch(`/deadlines/pulse?${this.root.dataset.query}`).catch(() => null)
    if (!response?.ok) return
    const { ids, counts } = await response.json()
    for (const place of this.root.querySelectorAll('[data-count]')) place.textContent = counts[place.dataset.count] ?? 0
    if (this.root.dataset.later === 'true') return
    const now = new Set(ids)
    for (const row of this.rows()) if (!now.delete(row.dataset.order) && this.rows().length < 50) this.gone(row)
    this.pill.hidden = now.size === 0
    this.pill.querySelector('[data-newpill-text]').textContent = this.words.new.replace('{n}', now.size)
  }

  gone(row) {
    if (row.dataset.gone) return
    row.dataset.gone = 'true'
    row.title = this.words.moved
  }
}

island('deadlines', root => new Deadlines(root).start())
