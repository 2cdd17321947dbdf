// What the call bar's buttons do at a real telephone, and the panel in which a number, a seat or a reason is chosen.
import { command, get, post, say } from './phone-line.js'

const WINDOW = 'popup,width=400,height=560'

const PLAIN = {
  pass_on: ['hang_up'],
  hold: ['hold'],
  resume: ['retrieve'],
  hang_up: ['hang_up'],
  complete: ['complete'],
  cancel: ['cancel'],
  idle: ['state', { state: 'IDLE' }],
  wrapped_up: ['state', { state: 'IDLE' }],
  busy: ['state', { state: 'BUSY' }],
  longer: ['state', { state: 'WRAP_UP' }],
}
const PANELS = { log_in: 'seats', pause: 'reasons', transfer: 'transfer', conference: 'conference', note: 'note' }

export class Deeds {
  constructor(bar) {
    this.bar = bar
    this.panel = bar.bar.querySelector('[data-phone-panel]')
    this.body = this.panel.querySelector('[data-panel-body]')
    this.panel.addEventListener('click', event => this.chosen(event.target.closest('[data-choose]')))
    this.panel.addEventListener('submit', event => this.typed(event))
    this.panel.addEventListener('input', event => this.written(event))
    document.addEventListener('keydown', event => event.key === 'Escape' && !this.panel.hidden && this.close())
    document.querySelector('[data-sign-out]')?.addEventListener('submit', () => bar.channel.postMessage({ command: 'log_out' }))
  }

  do(name, button) {
    this.opener = button
    const { call } = this.bar
    if (PLAIN[name]) return command(...PLAIN[name]).then(() => this.bar.refresh())
    if (name === 'answer' && call.kind !== 'BROWSER') return say(this.bar.words.lift)
    if (name === 'record') return command('record', { on: !call.recording }).then(() => this.bar.refresh())
    if (name === 'conference' && this.bar.look() === 'ASKING') return command('conference')
    if (name === 'dial') return this.open(['ON_CALL', 'HOLDING'].includes(call.state) ? 'keypad' : 'dial')
    if (name === 'log_out') return this.logOut()
    if (name === 'open_window') return this.openWindow(call.seat)
    if (PANELS[name]) return this.open(PANELS[name])
  }

  async logOut() {
    if (await command('logout')) this.bar.channel.postMessage({ command: 'log_out' })
    this.bar.refresh()
  }

  /** The window must be opened by the very press: a browser allows it then. It signs in by itself. */
  openWindow(seat) {
    const opened = window.open(`/phone?seat=${encodeURIComponent(seat)}`, 'citydesk-phone', WINDOW)
    if (!opened) say(this.bar.words.blocked)
  }

  // ------------------------------------------------------------------ panel
  async open(kind) {
    if (!this.panel.hidden && this.kind === kind) return this.close()
    this.kind = kind
    const look = this.panel.querySelector(`template[data-panel="${kind}"]`)
    this.body.replaceChildren(look.content.cloneNode(true))
    this.panel.hidden = false
    const note = this.body.querySelector('[data-note]')
    if (note) note.value = this.bar.call.note ?? ''
    this.body.querySelector('input, textarea, button')?.focus()
    if (this.body.querySelector('[data-places]')) this.fill(await get('/phone/places'))
  }

  close() {
    if (this.saving) this.saveNote()
    this.panel.hidden = true
    this.opener?.isConnected ? this.opener.focus() : this.bar.shown.querySelector('button')?.focus()
  }

  fill(places) {
    const list = this.body.querySelector('[data-places]')
    if (!list || !places) return
    const rows = this.kind === 'seats' ? places.seats : [...places.people, ...(this.kind === 'transfer' ? places.groups : [])]
    const row = this.panel.querySelector(`template[data-place-of="${this.kind}"]`)
    list.replaceChildren(...rows.map(place => this.row(row, place)))
    list.dataset.filled = 'true'
    if (!rows.length) list.textContent = this.bar.words.nobody
    if (this.kind === 'seats') list.querySelector('button')?.focus()
  }

  row(template, place) {
    const row = template.content.cloneNode(true).firstElementChild
    row.querySelector('[data-name]').textContent = place.name
    row.querySelector('[data-number]').textContent = place.number.replace('group:', '')
    const state = row.querySelector('[data-state-of]')
    if (state) {
      state.hidden = !place.state
      state.dataset.state = place.state ?? ''
      state.textContent = place.said ?? ''
    }
    for (const button of row.querySelectorAll('[data-choose]')) {
      button.dataset.to = place.number
      button.dataset.kind = place.kind ?? ''
      button.setAttribute('aria-label', `${button.textContent.trim()} ${place.name} ${place.number}`)
      if (place.number.startsWith('group:') && button.dataset.choose === 'consult') button.remove()
    }
    return row
  }

  async chosen(button) {
    if (!button) return
    const { choose, to, kind } = button.dataset
    if (choose === 'close') return this.close()
    if (choose === 'digit') return this.digit(button.value)
    if (choose === 'seat') return this.signIn(to, kind)
    if (choose === 'reason') {
      this.close()
      await command('state', { state: 'PAUSED', reason: button.value })
      return this.bar.refresh()
    }
    const number = to || this.body.querySelector('[data-typed]')?.value.trim()
    if (!number) return this.body.querySelector('[data-typed]')?.focus()
    this.close()
    await command(choose, choose === 'dial' ? { number } : { to: number })
  }

  async signIn(seat, kind) {
    this.close()
    if (kind === 'BROWSER') return this.openWindow(seat)
    if (await command('login', { seat })) this.bar.refresh()
  }

  /** Enter in a number field does the first thing that stands beside it. */
  typed(event) {
    event.preventDefault()
    event.stopPropagation()
    this.chosen(event.target.querySelector('[data-choose]:not([data-to])'))
  }

  digit(digits) {
    const shown = this.body.querySelector('[data-digits]')
    shown.textContent += digits
    command('digits', { digits })
  }

  written(event) {
    if (!event.target.matches('[data-note]')) return
    this.saving = { call: this.bar.call.call, text: event.target.value }
    clearTimeout(this.timer)
    this.timer = setTimeout(() => this.saveNote(), 800)
  }

  async saveNote() {
    const { call, text } = this.saving
    this.saving = null
    clearTimeout(this.timer)
    if (!call) return
    if (await post(`/phone/calls/${call}/note`, { text })) {
      this.bar.call.note = text
      const said = this.body.querySelector('[data-note-said]')
      if (said) said.textContent = said.dataset.saved
    }
  }
}
