// The call bar. Whoever runs the telephone tells it `citydesk:call` on the document and hears `citydesk:phone`:
//   citydesk:call   {state, since, name, phone, about, recording, muted, waiting, longest, answered}
//                   state: a value of AgentState or DISCONNECTED; since: ISO time; name, phone (masked) and about are
//                   ready to show; waiting and longest (seconds) are the queue's
//   citydesk:phone  {command}: answer, hold, resume, mute, transfer, conference, hang_up, wrapped_up, …
// A telephone that must outlive a page, as one in the browser must, stands in a window of its own: both messages go over
// the channel `citydesk-phone` too, as {call} and {command}; a page that opens asks {ask: 'call'}.
// F-keys work in fields too, and are the browser's wherever the bar has no use for them.

const KEYS = { F2: ['answer'], F4: ['hold', 'resume'], F6: ['mute'], F7: ['transfer', 'pass_on'], F8: ['conference'], F9: ['hang_up'], F10: ['wrapped_up'] }
const TWICE = 1000 // milliseconds: hanging up by key is asked twice

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
  }

  start() {
    document.addEventListener('citydesk:call', event => this.show(event.detail))
    this.channel = new BroadcastChannel('citydesk-phone')
    this.channel.addEventListener('message', event => event.data.call && this.show(event.data.call))
    this.bar.addEventListener('click', event => {
      const button = event.target.closest('[data-phone]')
      if (button) this.send(button.dataset.phone)
    })
    document.addEventListener('keydown', event => this.pressed(event))
    this.show({ state: this.bar.dataset.state, answered: Number(this.bar.dataset.answered) })
    this.channel.postMessage({ ask: 'call' })
    setInterval(() => this.tick(), 1000)
    this.bar.dataset.ready = 'true'
  }

  show(call) {
    const look = this.bar.querySelector(`template[data-look="${call.state}"]`)
    if (!look) return
    const rings = call.state === 'RINGING' && this.call?.state !== 'RINGING'
    this.call = call
    this.bar.dataset.state = call.state === 'DISCONNECTED' ? 'BUSY' : call.state
    this.shown.replaceChildren(look.content.cloneNode(true))
    const texts = { name: call.name ?? this.words.unknown, phone: call.phone, about: call.about, seat: this.seat(call), queue: this.queue(call) }
    for (const [name, text] of Object.entries(texts)) {
      for (const place of this.shown.querySelectorAll(`[data-call=${name}]`)) place.textContent = text ?? ''
    }
    for (const place of this.shown.querySelectorAll('[data-call=recording]')) place.hidden = !call.recording
    this.shown.querySelector('[data-phone=mute]')?.setAttribute('aria-pressed', String(Boolean(call.muted)))
    this.alert.textContent = rings ? `${this.words.rings} ${texts.name} ${call.about ?? ''}` : ''
    this.tick()
  }

  seat({ answered }) {
    return this.words.seat.replace('{extension}', this.bar.dataset.extension).replace('{answered}', answered ?? this.bar.dataset.answered)
  }

  queue({ waiting, longest }) {
    if (waiting === undefined) return ''
    return this.words.queue.replace('{waiting}', waiting).replace('{longest}', clock((longest ?? 0) * 1000))
  }

  tick() {
    const place = this.shown.querySelector('[data-call=time]')
    if (place) place.textContent = this.call.since ? clock(Date.now() - Date.parse(this.call.since)) : ''
  }

  pressed(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || !KEYS[event.key]) return
    const button = KEYS[event.key].map(command => this.shown.querySelector(`[data-phone=${command}]`)).find(Boolean)
    if (!button) return
    event.preventDefault()
    if (event.key !== 'F9') return this.send(button.dataset.phone)
    const before = this.hungUp
    this.hungUp = Date.now()
    if (this.hungUp - before <= TWICE) this.send('hang_up')
    else this.alert.textContent = this.words.again
  }

  send(command) {
    document.dispatchEvent(new CustomEvent('citydesk:phone', { detail: { command } }))
    this.channel.postMessage({ command })
  }
}

export function startCallbar() {
  const bar = document.querySelector('[data-callbar]')
  if (bar) new Callbar(bar).start()
}
