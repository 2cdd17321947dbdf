// What a list of work hears while it stands open: that the server lives, that something went on. It asks for its figures
// anew then, many news together and never too often, and says since when it has heard nothing.
import { ask } from './ask.js'
import { news } from './stream.js'
import { every, life } from './life.js'

const SILENCE = 10_000 // the server beats each five seconds
const FIRST = 200 // milliseconds: news that come together are asked for together

export class Tidings {
  /** `address()`: where the figures are; `seldom`: milliseconds between two askings; `show({ids, counts})` draws them. */
  constructor({ root, words, address, seldom, show }) {
    Object.assign(this, { root, words, address, seldom, show })
    this.heard = Date.now()
    this.asked = 0
  }

  /** `told` learns of each instance that went on: {instance, by, open: [ids of its open tasks]}. */
  start(told = () => {}) {
    news().addEventListener('beat', () => this.alive(), { signal: life() })
    news().addEventListener('task', async event => {
      this.alive()
      await told(JSON.parse(event.data))
      this.refresh()
    }, { signal: life() })
    every(1000, () => this.watch())
  }

  /** Found anew each time: a list that is let in draws itself again. */
  get lost() {
    return this.root.querySelector('[data-live-lost]')
  }

  alive() {
    this.heard = Date.now()
    if (this.lost.hidden) return
    this.lost.hidden = true
    this.refresh()
  }

  watch() {
    if (Date.now() - this.heard <= SILENCE || !this.lost.hidden) return
    const at = new Date(this.heard).toLocaleTimeString(document.documentElement.lang, { hour: '2-digit', minute: '2-digit', hour12: false })
    this.lost.textContent = this.words.interrupted.replace('{at}', at)
    this.lost.hidden = false
  }

  refresh() {
    this.pending ??= setTimeout(() => this.pulse(), Math.max(FIRST, this.asked + this.seldom - Date.now()))
  }

  async pulse() {
    this.pending = null
    this.asked = Date.now()
    const told = await ask(this.address())
    if (told) this.show(told)
  }

  /** How many are new, at the edge; the person lets them in. */
  offer(pill, n) {
    pill.hidden = n === 0
    pill.querySelector('[data-newpill-text]').textContent = this.words.new.replace('{n}', n)
  }
}
