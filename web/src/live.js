// News for an open list: a stream of the server's events. They wait at the edge (the pill), mark what others did, and
// change chips and counts in place. Nothing moves under the hand.

import { news } from './stream.js'
import { every, life } from './life.js'

const SILENCE = 10_000 // the server beats each five seconds
const PULSE = 3_000 // at most so often the counts are asked for
const FIRST = 120

export class Live {
  constructor(list) {
    this.list = list
    this.pill = list.root.querySelector('[data-newpill]')
    this.lost = list.root.querySelector('[data-live-lost]')
    this.heard = Date.now()
    this.asked = 0
  }

  start() {
    news().addEventListener('beat', () => this.alive(), { signal: life() })
    news().addEventListener('task', event => this.task(JSON.parse(event.data)), { signal: life() })
    every(1000, () => this.watch())
  }

  alive() {
    const was = !this.lost.hidden
    this.heard = Date.now()
    this.lost.hidden = true
    if (was) this.refresh()
  }

  watch() {
    if (Date.now() - this.heard <= SILENCE || !this.lost.hidden) return
    const at = new Date(this.heard).toLocaleTimeString(document.documentElement.lang, { hour: '2-digit', minute: '2-digit', hour12: false })
    this.lost.textContent = this.list.words.interrupted.replace('{at}', at)
    this.lost.hidden = false
  }

  /** An instance went on: {instance, by, open: [ids of its open tasks]}. */
  async task({ instance, by, open }) {
    this.alive()
    const rows = this.list.rows().filter(row => row.dataset.instance === instance && !row.dataset.gone)
    for (const row of rows) if (!open.includes(row.dataset.task)) this.list.gone(row, by)
    const changed = rows.filter(row => open.includes(row.dataset.task))
    if (changed.length) {
      const query = changed.map(row => `id=${row.dataset.task}`).join('&')
      const response = await fetch(`/tasks/rows?${query}`).catch(() => null)
      if (response?.ok) this.list.draw(await response.json(), by)
    }
    this.refresh()
  }

  /** Counts in place, and how many rows of the first page stand here not yet. Asked for a little later, together. */
  refresh() {
    if (this.pending) return
    const wait = Math.max(FIRST, this.asked + PULSE - Date.now())
    this.pending = setTimeout(() => this.pulse(), wait)
  }

  async pulse() {
    this.pending = null
    this.asked = Date.now()
    const response = await fetch(`/tasks/pulse?${this.list.root.dataset.query}`).catch(() => null)
    if (!response?.ok) return
    const { ids, counts } = await response.json()
    for (const place of this.list.root.querySelectorAll('[data-count]')) {
      place.textContent = counts[place.dataset.count] ?? place.textContent
    }
    if (this.list.root.dataset.later === 'true') return
    const shown = new Set(this.list.rows().map(row => row.dataset.task))
    const news = ids.filter(id => !shown.has(id)).length
    this.pill.hidden = news === 0
    this.pill.querySelector('[data-newpill-text]').textContent = this.list.words.new.replace('{n}', news)
  }

  letIn() {
    if (!this.pill.hidden) this.pill.click()
  }
}
