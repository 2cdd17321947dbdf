// The deadline board: choose and remind by keys; figures count on in place, what is new waits at the edge.
import { letters } from './keys.js'
import { every } from './life.js'
import { island } from './islands.js'
import { Tidings } from './tidings.js'

const SELDOM = 10_000 // milliseconds: the whole city is counted each time

class Deadlines {
  constructor(root) {
    this.root = root
    this.words = JSON.parse(root.querySelector('[data-words]').textContent)
    this.form = root.querySelector('[data-reminders]')
    this.pill = root.querySelector('[data-newpill]')
    this.tidings = new Tidings({
      root, words: this.words, seldom: SELDOM, address: () => `/deadlines/pulse?${root.dataset.query}`, show: told => this.show(told),
    })
  }

  start() {
    this.form?.addEventListener('change', event => this.ticked(event))
    letters({
      x: () => this.tick(this.focused()), r: () => this.form?.querySelector('#text')?.focus(),
      '.': () => this.pill.hidden || this.pill.click(),
    })
    this.showSelection()
    this.tidings.start()
    every(60_000, () => this.tidings.refresh()) // time alone makes orders late
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
  /** Figures in place; an order that left the page's bucket is greyed, new ones wait at the edge. */
  show({ ids, counts }) {
    for (const place of this.root.querySelectorAll('[data-count]')) place.textContent = counts[place.dataset.count] ?? 0
    if (this.root.dataset.later === 'true') return
    const now = new Set(ids)
    for (const row of this.rows()) if (!now.delete(row.dataset.order) && this.rows().length < 50) this.gone(row)
    this.tidings.offer(this.pill, now.size)
  }

  gone(row) {
    if (row.dataset.gone) return
    row.dataset.gone = 'true'
    row.title = this.words.moved
  }
}

island('deadlines', root => new Deadlines(root).start())
