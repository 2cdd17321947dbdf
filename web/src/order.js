// The page of one order in the street: photos, a draft that survives a bad network, and a step that goes off by itself
// when the network is back, with the same command id and so never twice.
import { Draft } from './drafts.js'
import { Photos } from './photos.js'

const AGAIN = 8_000

class Order {
  constructor(root) {
    this.root = root
    this.words = JSON.parse(root.querySelector('[data-words]').textContent)
    this.island = root.querySelector('[data-island=form]')
    this.sign = root.querySelector('[data-sign]')
    this.photos = new Photos(root.querySelector('[data-photos]'), `/orders/${root.dataset.order}`, this.words, words => this.tell('[data-line-state]', words))
    const place = `${root.dataset.person}:${root.dataset.order}`
    this.draft = new Draft(place, root.dataset.draft, this.words, words => this.tell('[data-draft-state]', words))
  }

  start() {
    const kept = this.draft.kept()
    if (this.island && kept) this.putBack(kept)
    document.addEventListener('citydesk:form-changed', ({ detail }) => this.draft.written(detail.values))
    this.island?.addEventListener('citydesk:unreachable', event => this.unreachable(event))
    this.island?.addEventListener('citydesk:sent', () => this.draft.forget())
    for (const button of this.root.querySelectorAll('[data-send-step]')) button.addEventListener('click', () => this.send())
    document.addEventListener('keydown', event => this.key(event), true)
    this.root.querySelector('[data-open-step]')?.addEventListener('click', event => this.openReturn(event.currentTarget))
    this.sign?.addEventListener('submit', event => this.signed(event), true)
    if (new URLSearchParams(location.search).get('deed') === 'return') this.root.querySelector('[data-open-step]')?.click()
    window.addEventListener('online', () => this.again?.())
    this.root.dataset.ready = 'true'
  }

  tell(place, words) {
    const found = this.root.querySelector(place)
    if (found) found.textContent = words
  }

  /** Before form-js reads them: what this device kept is newer than what the server has. */
  putBack(kept) {
    const data = this.island.querySelector('script[data-form]')
    const form = JSON.parse(data.textContent)
    data.textContent = JSON.stringify({ ...form, values: { ...form.values, ...kept.values } })
    if (!kept.sending) return this.draft.keep(kept.values)
    this.island.dataset.command = kept.command // its answer was lost: ask with the same id
    this.draft.keep(kept.values, { sending: true, command: kept.command })
    const drawn = setInterval(() => {
      if (this.island.dataset.ready !== 'true') return
      clearInterval(drawn)
      this.send()
    }, 100)
  }

  key(event) {
    if (!(event.ctrlKey && event.key === 'Enter') || !this.root.querySelector('[data-send-step]:not([hidden])')) return
    event.stopImmediatePropagation()
    event.preventDefault()
    document.activeElement?.blur() // form-js takes over what was typed last
    setTimeout(() => this.send())
  }

  async send() {
    await this.photos.all()
    this.island.dispatchEvent(new CustomEvent('citydesk:send', { detail: { documents: this.photos.ids() } }))
  }

  unreachable(event) {
    event.preventDefault()
    this.draft.keep(event.detail.values, { sending: true, command: this.island.dataset.command })
    this.notice(this.words.offline)
    this.retry(() => this.send())
  }

  /** Once more when the network is back, or after a while. */
  retry(deed) {
    clearTimeout(this.timer)
    this.again = () => {
      this.again = null
      clearTimeout(this.timer)
      deed()
    }
    this.timer = setTimeout(() => this.again?.(), AGAIN)
  }

  notice(words) {
    const box = this.root.querySelector('.form-notice')
    box.hidden = false
    box.className = 'form-notice callout callout--amber'
    box.querySelector('.form-notice__text').textContent = words
    if (box.offsetParent === null) this.tell('[data-line-state]', words)
  }

  openReturn(button) {
    this.root.querySelector('[data-step]').classList.remove('street__form--hidden')
    this.root.querySelector('[data-return]').hidden = false
    button.hidden = true
    this.root.querySelector('[data-step]').scrollIntoView({ block: 'start' })
  }

  /** The signature: one press, the same command id until an answer comes. */
  async signed(event) {
    event.preventDefault()
    event.stopImmediatePropagation()
    const button = this.sign.querySelector('button')
    if (button.getAttribute('aria-disabled') === 'true') return
    button.setAttribute('aria-disabled', 'true')
    const headers = { Accept: 'application/json', 'X-CSRFToken': document.querySelector('meta[name=csrf-token]').content }
    const body = new URLSearchParams(new FormData(this.sign))
    const response = await fetch('/orders/signing', { method: 'POST', headers, body }).catch(() => null)
    const answer = await response?.json().catch(() => null)
    if (response?.ok && !answer.refusals.length) return window.location.reload()
    button.removeAttribute('aria-disabled')
    if (response) return this.notice(answer?.refusals?.[0] ?? answer?.detail ?? response.statusText)
    this.notice(this.words.offline)
    this.retry(() => this.sign.requestSubmit())
  }
}

for (const root of document.querySelectorAll('[data-island=order]')) new Order(root).start()
