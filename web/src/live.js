// News for an open list of tasks: they wait at the edge (the pill), mark what others did, and change chips and counts in
// place. Nothing moves under the hand.
import { ask } from './ask.js'
import { Tidings } from './tidings.js'

const SELDOM = 3_000 // milliseconds

export class Live {
  constructor(list) {
    this.list = list
    this.pill = list.root.querySelector('[data-newpill]')
    this.tidings = new Tidings({
      root: list.root, words: list.words, seldom: SELDOM, address: () => `/tasks/pulse?${list.root.dataset.query}`,
      show: told => this.show(told),
    })
  }

  start() {
    this.tidings.start(told => this.task(told))
  }

  async task({ instance, by, open }) {
    const rows = this.list.rows().filter(row => row.dataset.instance === instance && !row.dataset.gone)
    for (const row of rows) if (!open.includes(row.dataset.task)) this.list.gone(row, by)
    const changed = rows.filter(row => open.includes(row.dataset.task))
    if (!changed.length) return
    const query = changed.map(row => `id=${row.dataset.task}`).join('&')
    const drawn = await ask(`/tasks/rows?${query}`)
    if (drawn) this.list.draw(drawn, by)
  }

  /** Counts in place, and how many rows of the first page stand here not yet. */
  show({ ids, counts }) {
    for (const place of this.list.root.querySelectorAll('[data-count]')) {
      place.textContent = counts[place.dataset.count] ?? place.textContent
    }
    if (this.list.root.dataset.later === 'true') return
    const shown = new Set(this.list.rows().map(row => row.dataset.task))
    this.tidings.offer(this.pill, ids.filter(id => !shown.has(id)).length)
  }

  letIn() {
    if (!this.pill.hidden) this.pill.click()
  }
}
