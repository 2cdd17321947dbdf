// The call bar. It shows what the telephone tells (`phone` news of the server's stream, and whoever says `citydesk:call` on
// the document), and sends what is pressed: to the server, as `citydesk:phone` on the document, and over the channel
// `citydesk-phone`, where the window listens in which a browser's telephone lives.
//   citydesk:call   {state, since, name, phone, about, recording, muted, waiting, longest, answered, …}
//                   state: a value of AgentState or DISCONNECTED; since: ISO time; name, phone (masked) and about are
//                   ready to show; waiting and longest (seconds) are the queue's
//   citydesk:phone  {command}: answer, hold, resume, mute, transfer, conference, hang_up, wrapped_up, …
//   channel         {call}, {command}, {ask: 'call'}, and from the telephone's window {phone: {registered, muted, gone}}
// F-keys work in fields too, and are the browser's wherever the bar has no use for them.
import { get } from './phone-line.js'
import { Deeds } from './phone-deeds.js'
import { pop, watchFront } from './pop.js'
import { news } from './stream.js'

const KEYS = { F2: ['answer'], F4: ['hold', 'resume'], F6: ['mute'], F7: ['transfer', 'pass_on', 'complete'], F8: ['conference'], F9: ['hang_up'], F10: ['wrapped_up'] }
const TWICE = 1000 // milliseconds: hanging up by key is asked twice
const SETTLE = 120 // what was told may reach the database a little later
const AGAIN = 400 // milliseconds
const WINDOW_ANSWERS = 1500
const TALKING = new Set(['RINGING', 'ON_CALL', 'HOLDING'])

export function clock(milliseconds) {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000))
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor((seconds % 3600) / 60), seconds % 60]
  const two = number => String(number).padStart(2, '0')
  return h ? `${h}:${two(m)}:${two(s)}` : `${two(m)}:${two(s)}`
}

class Callbar {
  constructor(bar) {
    this.bar = bar
    this.shown = bar.querySelector('[data-callbar-shown]')
    this.alert = bar.querySelector('[data-callbar-alert]')
    this.words = JSON.parse(bar.querySelector('[data-words]').textContent)
    this.hungUp = 0
    this.onTheWay = null // to a call's form
    this.window = { heard: false, registered: true }
  }

  start() {
    const told = JSON.parse(this.bar.querySelector('[data-seat]').textContent)
    document.addEventListener('citydesk:call', event => this.show(event.detail))
    this.channel = new BroadcastChannel('citydesk-phone')
    this.channel.addEventListener('message', ({ data }) => {
      if (data.call) this.show(data.call)
      if (data.phone) this.heardWindow(data.phone)
    })
    this.bar.addEventListener('click', event => {
      const button = event.target.closest('[data-phone]')
      if (button) this.send(button.dataset.phone, button)
    })
    document.addEventListener('keydown', event => this.pressed(event))
    this.show({ state: this.bar.dataset.state, answered: Number(this.bar.dataset.answered), ...told })
    this.channel.postMessage({ ask: 'call' })
    setInterval(() => this.tick(), 1000)
    if (told.state) this.join()
    this.bar.dataset.ready = 'true'
  }

  /** A real telephone stands behind this bar. */
  join() {
    this.deeds = new Deeds(this)
    watchFront()
    news().addEventListener('phone', event => this.heard(JSON.parse(event.data)))
    news().addEventListener('open', () => this.refresh())
    news().addEventListener('beat', event => this.telephone(event.data))
    setTimeout(() => this.draw(), WINDOW_ANSWERS)
    this.since = Date.now()
    this.popUp()
  }

  /** Also where the ringing itself was not heard: the page was just on its way. */
  popUp() {
    const { state, direction, call, calls_back: back } = this.call
    if (state === 'RINGING' && (direction === 'IN' || back) && call) this.onTheWay = pop(this.call, this.words.pop) ?? this.onTheWay
  }

  // ------------------------------------------------------------------ hearing
  heard(told) {
    if (told.about === 'seat') this.seatChanged(told)
    else if (told.kind === 'rang' && told.agent === this.me()) this.rings(told)
    else this.refresh(told.kind === 'consult_failed' ? this.words.failed : '')
  }

  /** Each beat says whether the telephone runs: nothing, `asterisk`, `never`, or since when it does not (ISO). */
  telephone(off) {
    if (off === (this.call.off ?? '')) return
    const back = !off
    this.show({ ...this.call, off })
    if (back) this.refresh()
  }

  me() {
    return this.bar.dataset.agent
  }

  seatChanged({ state, since, seat, reason, call }) {
    const same = call && call === this.call.call
    const about = same ? this.call : { answered: this.call.answered, kind: this.call.kind, waiting: this.call.waiting, longest: this.call.longest, off: this.call.off }
    this.newest = Date.parse(since)
    this.show({ ...about, state, since, seat, reason, call })
    if (state === 'HOLDING' || !TALKING.has(state)) this.refresh()
    else if (!same || !this.call.about) this.learn(call)
  }

  async rings({ call, leg, phone, direction, began_at: began }) {
    this.leg = leg
    if (this.call.state !== 'RINGING') this.show({ ...this.call, state: 'RINGING', since: new Date().toISOString(), call, phone, name: undefined, about: '', direction, began })
    else this.show({ ...this.call, call, phone, direction })
    this.popUp()
    await this.learn(call)
  }

  async learn(call) {
    await this.onTheWay // what the bar asks for would only keep the form waiting
    const told = call && (await get(`/phone/calls/${call}`))
    if (!told || this.call.call !== call) return
    this.show({ ...this.call, ...told })
    if (told.calls_back) this.popUp()
  }

  /** Asks for the state a little later; an answer that is older than what was heard meanwhile is asked for again. */
  refresh(sentence = '', wait = SETTLE) {
    if (sentence) this.alert.textContent = sentence
    clearTimeout(this.pending)
    this.pending = setTimeout(async () => {
      const told = await get('/phone/state')
      if (!told) return
      if (Date.parse(told.since) < this.newest) {
        this.show({ ...this.call, kind: told.kind }) // what it lifts by is as true as before
        return this.refresh('', AGAIN)
      }
      this.show({ answered: this.call.answered, muted: this.call.muted, ...told })
      this.popUp()
    }, wait)
  }

  heardWindow(phone) {
    this.window = { heard: !phone.gone, registered: Boolean(phone.registered) }
    this.show({ ...this.call, muted: phone.muted })
  }

  /** A browser's seat whose window is closed, or lost its line, takes no calls. */
  lost() {
    if (this.call.kind !== 'BROWSER' || this.call.state === 'LOGGED_OUT' || !this.since) return false
    if (!this.window.heard) return Date.now() - this.since > WINDOW_ANSWERS - 50
    return !this.window.registered
  }

  // ------------------------------------------------------------------ showing
  show(call) {
    if (!this.bar.querySelector(`template[data-look="${call.state}"]`)) return
    const rings = call.state === 'RINGING' && this.call?.state !== 'RINGING'
    this.call = call
    this.draw()
    this.alert.textContent = rings ? `${this.words.rings} ${call.name ?? this.words.unknown} ${call.about ?? ''}` : ''
  }

  look() {
    const { state, asking } = this.call
    if (this.call.off) return 'STOPPED'
    if (this.lost()) return 'DISCONNECTED'
    return state === 'HOLDING' && asking ? 'ASKING' : state
  }

  draw() {
    const { call } = this
    const look = this.look()
    this.bar.dataset.state = look === 'DISCONNECTED' || look === 'STOPPED' ? 'BUSY' : call.state
    this.bar.dataset.off = call.off ?? ''
    const fresh = this.bar.querySelector(`template[data-look="${look}"]`).content.cloneNode(true)
    const held = this.shown.contains(document.activeElement) ? document.activeElement.dataset.phone : null
    this.shown.replaceChildren(fresh)
    if (held) this.shown.querySelector(`[data-phone=${held}]`)?.focus()
    const texts = { name: call.name ?? this.words.unknown, phone: call.phone, about: call.about, seat: this.seat(call), queue: this.queue(call), reason: this.words.reasons?.[call.reason], off: this.off(call) }
    for (const [name, text] of Object.entries(texts)) {
      for (const place of this.shown.querySelectorAll(`[data-call=${name}]`)) place.textContent = text ?? ''
    }
    for (const place of this.shown.querySelectorAll('[data-call=recording]')) place.hidden = !call.recording
    for (const place of this.shown.querySelectorAll('[data-browser-only]')) place.hidden = this.deeds && call.kind !== 'BROWSER'
    for (const place of this.shown.querySelectorAll('[data-desk-only]')) place.hidden = !this.deeds || call.kind === 'BROWSER'
    this.shown.querySelector('[data-phone=mute]')?.setAttribute('aria-pressed', String(Boolean(call.muted)))
    this.shown.querySelector('[data-phone=record]')?.setAttribute('aria-pressed', String(Boolean(call.recording)))
    this.tick()
  }

  off({ off }) {
    if (!off || off === 'never' || off === 'asterisk') return this.words[off]
    const [at, now] = [new Date(off), new Date()]
    const day = at.toDateString() === now.toDateString() ? {} : { month: 'short', day: 'numeric' }
    return this.words.off.replace('{at}', at.toLocaleString(document.documentElement.lang, { ...day, hour: '2-digit', minute: '2-digit', hour12: false }))
  }

  seat({ answered, seat }) {
    const words = this.words.seat.replace('{extension}', this.bar.dataset.extension).replace('{answered}', answered ?? this.bar.dataset.answered)
    return seat ? `${this.words.at.replace('{seat}', seat)} · ${words}` : words
  }

  queue({ waiting, longest }) {
    if (!waiting) return ''
    return this.words.queue.replace('{waiting}', waiting).replace('{longest}', clock((longest ?? 0) * 1000))
  }

  tick() {
    const place = this.shown.querySelector('[data-call=time]')
    if (place) place.textContent = this.call.since ? clock(Date.now() - Date.parse(this.call.since)) : ''
  }

  // ------------------------------------------------------------------ sending
  pressed(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || !KEYS[event.key]) return
    const button = KEYS[event.key].map(command => this.shown.querySelector(`[data-phone=${command}]`)).find(each => each && !each.hidden)
    if (!button) return
    event.preventDefault()
    if (event.key !== 'F9') return this.send(button.dataset.phone, button)
    const before = this.hungUp
    this.hungUp = Date.now()
    if (this.hungUp - before <= TWICE) this.send('hang_up', button)
    else this.alert.textContent = this.words.again
  }

  send(command, button) {
    document.dispatchEvent(new CustomEvent('citydesk:phone', { detail: { command } }))
    this.channel.postMessage({ command })
    this.deeds?.do(command, button)
  }
}

export function startCallbar() {
  const bar = document.querySelector('[data-callbar]')
  if (bar) new Callbar(bar).start()
}
