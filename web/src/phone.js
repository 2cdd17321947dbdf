// The browser's telephone: it signs in at the seat that the address names, registers over SIP and carries the sound. The
// call bars of all pages hear from it and command it over the channel `citydesk-phone`. What the server leads (hold,
// transfer, conference, recording) does not pass here: this is a receiver with a microphone.
import JsSIP from 'jssip'
import { command } from './phone-line.js'
import { Bell } from './bell.js'

const SIGNED_IN = 'citydesk-seat' // another window that signs in at the seat ends this one

const SOON = 2000

class Telephone {
  constructor(root) {
    this.root = root
    this.words = JSON.parse(root.querySelector('[data-words]').textContent)
    this.sound = root.querySelector('[data-window-sound]')
    this.bell = new Bell()
    this.state = { registered: false, muted: false }
    this.channel = new BroadcastChannel('citydesk-phone')
    this.others = new BroadcastChannel(SIGNED_IN)
  }

  async start() {
    this.channel.addEventListener('message', ({ data }) => {
      if (data.ask) this.tell()
      if (data.command) this.do(data.command)
    })
    this.root.addEventListener('click', event => this.do(event.target.closest('[data-window]')?.dataset.window))
    window.addEventListener('pagehide', () => this.tell({ gone: true }))
    window.addEventListener('beforeunload', event => this.session && event.preventDefault())
    this.seat = new URLSearchParams(location.search).get('seat')
    this.root.querySelector('[data-window-seat]').textContent = this.seat ?? ''
    if (!(await this.hasMicrophone())) return this.say('no_microphone')
    const told = await command('login', { seat: this.seat })
    if (!told) return this.say('refused')
    this.others.postMessage(this.seat)
    this.others.addEventListener('message', ({ data }) => data === this.seat && this.leave('taken_elsewhere'))
    this.register(told)
    this.root.dataset.ready = 'true'
  }

  /** Asked for once, at the sign-in, so that answering needs no question. */
  async hasMicrophone() {
    try {
      const stream = await navigator.mediaDevices.getUserMedia({ audio: true })
      for (const track of stream.getTracks()) track.stop()
      return true
    } catch {
      return false
    }
  }

  register({ user, secret }) {
    const url = this.root.dataset.url
    const socket = new JsSIP.WebSocketInterface(url)
    this.agent = new JsSIP.UA({
      sockets: [socket], uri: `sip:${user}@${new URL(url).hostname}`, authorization_user: user, password: secret,
      register_expires: 120, session_timers: false, connection_recovery_max_interval: 5, user_agent: 'Citydesk',
    })
    this.agent.on('registered', () => this.changed({ registered: true }, this.session ? null : 'ready'))
    this.agent.on('unregistered', () => this.changed({ registered: false }, 'lost'))
    this.agent.on('disconnected', () => this.changed({ registered: false }, 'lost'))
    this.agent.on('registrationFailed', () => this.changed({ registered: false }, 'refused'))
    this.agent.on('newRTCSession', ({ session, request }) => this.rings(session, request))
    this.agent.start()
  }

  // ------------------------------------------------------------------ calls
  rings(session, request) {
    if (session.direction !== 'incoming') return
    if (this.session) {
      session.terminate({ status_code: 486 })
      return
    }
    this.session = session
    session.on('ended', () => this.over(session))
    session.on('failed', () => this.over(session))
    session.on('confirmed', () => this.talks())
    session.on('peerconnection', ({ peerconnection }) => this.hear(peerconnection))
    this.show(['answer', 'hang_up'])
    this.say('rings')
    const lifted = Date.now() - (this.lifted ?? 0) < SOON
    if (lifted || request.getHeader('X-Citydesk-Dial')) return this.answer() // asked for by this very seat
    this.bell.ring()
    this.tell()
  }

  answer() {
    if (!this.session) this.lifted = Date.now() // the page hears of a call a moment before it rings here
    if (!this.session || this.session.isEstablished()) return
    this.bell.stop()
    this.session.answer({ mediaConstraints: { audio: true, video: false }, pcConfig: { iceServers: [] }, rtcOfferConstraints: {} })
    if (this.session.connection) this.hear(this.session.connection)
  }

  hear(connection) {
    connection.addEventListener('track', ({ streams: [stream], track }) => {
      this.sound.srcObject = stream ?? new MediaStream([track])
      this.sound.play().catch(() => {})
    })
  }

  talks() {
    this.bell.stop()
    this.show(['mute', 'hang_up'])
    this.changed({ muted: false }, 'talking')
  }

  over(session) {
    if (session !== this.session) return
    this.session = null
    this.bell.stop()
    this.sound.srcObject = null
    this.show([])
    this.changed({ muted: false }, this.state.registered ? 'ready' : 'lost')
  }

  do(name) {
    if (name === 'answer') this.answer()
    else if (name === 'mute') this.mute()
    else if (name === 'hang_up' && this.session) this.session.terminate()
    else if (name === 'log_out') this.leave('refused', true)
  }

  mute() {
    if (!this.session?.isEstablished()) return
    const muted = !this.session.isMuted().audio
    muted ? this.session.mute({ audio: true }) : this.session.unmute({ audio: true })
    this.root.querySelector('[data-window=mute]').setAttribute('aria-pressed', String(muted))
    this.changed({ muted })
  }

  leave(words, close = false) {
    this.agent?.stop()
    this.changed({ registered: false }, words)
    if (close) window.close()
  }

  // ------------------------------------------------------------------ telling
  changed(what, words = null) {
    Object.assign(this.state, what)
    if (words) this.say(words)
    this.tell()
  }

  tell(more = {}) {
    this.channel.postMessage({ phone: { seat: this.seat, ...this.state, ...more } })
  }

  say(words) {
    this.root.querySelector('[data-window-said]').textContent = this.words[words]
    this.root.dataset.said = words
  }

  show(buttons) {
    for (const button of this.root.querySelectorAll('[data-window]')) button.hidden = !buttons.includes(button.dataset.window)
  }
}

for (const root of document.querySelectorAll('[data-island=phone]')) {
  if (root.dataset.url) new Telephone(root).start()
  else root.dataset.ready = 'true'
}
