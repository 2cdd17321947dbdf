// The board of seats and queues: drawn anew in place when the server hints that something changed, at most once a second;
// clocks run by themselves. Whoever leads the shift chooses a seat and steps in, by button or by figure.
import { clock } from './callbar.js'
import { letters } from './keys.js'
import { command } from './phone-line.js'
import { news } from './stream.js'
import { toast } from './toasts.js'
import { every, life } from './life.js'
import { island } from './islands.js'

const PAUSE = 1000
const EVERY = 15_000 // figures age without news, too
const SILENCE = 12_000 // the server beats each five seconds
const MODES = new Set(['listen', 'whisper', 'barge'])

class Board {
  constructor(root) {
    this.root = root
    this.words = JSON.parse(root.querySelector('[data-words]').textContent)
    this.side = document.querySelector('[data-chosen]')
    this.drawn = Date.now()
    this.heard = Date.now()
  }

  start() {
    news().addEventListener('board', () => this.soon(), { signal: life() })
    for (const kind of ['board', 'beat', 'open']) news().addEventListener(kind, () => (this.heard = Date.now()), { signal: life() })
    news().addEventListener('beat', event => this.telephone(event.data), { signal: life() })
    every(1000, () => this.tick())
    every(EVERY, () => this.soon())
    this.root.addEventListener('click', event => this.pressed(event))
    if (this.side) this.startSide()
    this.tick()
    this.root.dataset.ready = 'true'
  }

  /** The telephone went, or is back. */
  telephone(off) {
    if (this.off !== undefined && off !== this.off) this.soon()
    this.off = off
  }

  startSide() {
    this.form = this.side.querySelector('[data-ask]')
    this.side.addEventListener('click', event => {
      const deed = event.target.closest('[data-deed]')?.dataset.deed
      if (deed) this.do(deed)
      if (event.target.closest('[data-ask-off]')) this.form.hidden = true
    })
    this.form.addEventListener('submit', event => {
      event.preventDefault()
      event.stopPropagation()
      this.asked()
    })
    letters(Object.fromEntries([...this.side.querySelectorAll('[data-key]')].map(button => [button.dataset.key, () => this.chosen && !button.disabled && this.do(button.dataset.deed)])))
  }

  // ------------------------------------------------------------------ drawing
  soon() {
    this.pending ??= setTimeout(() => this.draw(), Math.max(0, this.drawn + PAUSE - Date.now()))
  }

  async draw() {
    const response = await fetch(location.href, { headers: { Accept: 'text/html' } }).catch(() => null)
    this.pending = null
    this.drawn = Date.now()
    if (!response?.ok) return
    const fresh = new DOMParser().parseFromString(await response.text(), 'text/html')
    for (const part of this.root.querySelectorAll('[data-part]')) this.replace(part, fresh.querySelector(`[data-part="${part.dataset.part}"]`))
    this.tick()
    this.show()
  }

  /** Where the focus is it stays: on the same seat, on the same call's button. */
  replace(part, now) {
    if (!now) return
    const { seat, take, give } = part.contains(document.activeElement) ? document.activeElement.dataset : {}
    part.replaceWith(document.adoptNode(now))
    const again = (seat && `[data-seat="${seat}"]`) || (take && `[data-take="${take}"]`) || (give && `[data-give="${give}"]`)
    if (again) now.querySelector(again)?.focus()
  }

  tick() {
    for (const place of this.root.querySelectorAll('[data-since]')) place.textContent = clock(Date.now() - Date.parse(place.dataset.since))
    this.root.querySelector('[data-lost]').hidden = Date.now() - this.heard < SILENCE
  }

  // ------------------------------------------------------------------ choosing
  pressed(event) {
    const seat = event.target.closest('[data-seat]')
    const take = event.target.closest('[data-take]')
    const give = event.target.closest('[data-give]')
    if (seat) {
      this.chosen = this.chosen === seat.dataset.seat ? null : seat.dataset.seat
      this.show()
    }
    if (take) this.tell('pickup', { call: take.dataset.take })
    if (give) this.chosen ? this.tell('give', { call: give.dataset.give, agent: this.chosen }) : toast(document.querySelector('[data-toasts]'), this.words.nobody)
  }

  card() {
    return this.chosen ? this.root.querySelector(`[data-seat="${this.chosen}"]`) : null
  }

  show() {
    if (!this.side) return
    const card = this.card()
    for (const each of this.root.querySelectorAll('[data-seat]')) each.setAttribute('aria-pressed', String(each === card))
    this.side.querySelector('[data-nobody]').hidden = Boolean(card)
    this.side.querySelector('[data-somebody]').hidden = !card
    if (!card) return
    const { name, place, said, number, about, state, call } = card.dataset
    for (const [of, text] of Object.entries({ initial: name.slice(0, 1), name, place, said, number, about })) this.side.querySelector(`[data-of=${of}]`).textContent = text
    this.side.querySelector('[data-of=said]').dataset.state = state
    this.side.querySelector('[data-in-call]').hidden = !call
    const talks = state === 'ON_CALL' || state === 'HOLDING'
    for (const button of this.side.querySelectorAll('[data-deed]')) {
      const { deed } = button.dataset
      button.disabled = deed === 'idle' || deed === 'pause' ? Boolean(call) || state === 'LOGGED_OUT' : deed === 'answer' ? !call : deed === 'disconnect' ? !call : !talks
    }
    if (!call) this.form.hidden = true
  }

  // ------------------------------------------------------------------ stepping in
  do(deed) {
    const { call } = this.card()?.dataset ?? {}
    if (MODES.has(deed)) return this.tell('monitor', { call, mode: deed })
    if (deed === 'answer') return this.tell('pickup', { call })
    if (deed === 'idle') return this.tell('force_state', { agent: this.chosen, state: 'IDLE' })
    if (deed === 'pause') return this.tell('force_state', { agent: this.chosen, state: 'PAUSED' })
    this.asks = { deed, call }
    const label = this.form.querySelector('[data-ask-label]')
    label.textContent = label.dataset[deed]
    this.form.querySelector('input').value = ''
    this.form.hidden = false
    this.form.querySelector('input').focus()
  }

  /** Where to, or why. */
  asked() {
    const text = this.form.querySelector('input').value.trim()
    const { deed, call } = this.asks
    this.form.hidden = true
    if (deed === 'transfer') this.tell('force_transfer', { call, to: text })
    else this.tell('force_disconnect', { call, reason: text })
  }

  async tell(name, values) {
    if (await command(name, values)) toast(document.querySelector('[data-toasts]'), this.words.done)
    this.soon()
  }
}

island('seats', root => new Board(root).start())
