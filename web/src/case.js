// A case's page: news of it are drawn in place, parts of its history can be seen alone, numbers copied. A form that
// somebody has begun is never touched: they are told, and their text stays.
import { startFiles } from './photos.js'
import { news } from './stream.js'
import { toast } from './toasts.js'
import { life } from './life.js'
import { island } from './islands.js'
import { revisit } from './navigate.js'

const GATHER = 400 // milliseconds: what comes together is drawn together

class CasePage {
  constructor(root) {
    this.root = root
    this.words = JSON.parse(root.querySelector('[data-words]').textContent)
    this.instances = new Set(root.dataset.instances.split(' '))
    this.topic = ''
  }

  start() {
    document.querySelector('[data-history-filter]')?.addEventListener('click', event => this.filter(event.target.closest('[data-topic]')))
    this.root.addEventListener('click', event => this.copy(event.target.closest('[data-copy]')))
    news().addEventListener('task', event => this.news(JSON.parse(event.data)), { signal: life() })
    this.root.dataset.ready = 'true'
  }

  /** An instance went on: {instance, by, open}. */
  news({ instance, by }) {
    if (!this.instances.has(instance)) return
    this.by = by
    clearTimeout(this.pending)
    this.pending = setTimeout(() => this.draw(), GATHER)
  }

  touched() {
    return this.root.querySelector('[data-current-task] .is-changed') !== null
  }

  conflict(name) {
    const banner = this.root.querySelector('[data-conflict]')
    banner.querySelector('[data-conflict-text]').textContent = this.words.conflict.replace('{name}', name)
    banner.hidden = false
  }

  async draw() {
    const response = await fetch(location.href, { headers: { Accept: 'text/html' } }).catch(() => null)
    if (!response?.ok) return
    const fresh = new DOMParser().parseFromString(await response.text(), 'text/html')
    this.root.dataset.instances = fresh.querySelector('main').dataset.instances ?? this.root.dataset.instances
    this.instances = new Set(this.root.dataset.instances.split(' '))
    for (const part of document.querySelectorAll('[data-live]')) {
      const now = fresh.querySelector(`[data-live="${part.dataset.live}"]`)
      if (now && !part.contains(document.activeElement)) part.replaceWith(document.adoptNode(now))
    }
    for (const part of document.querySelectorAll('[data-live] [data-scripted]')) part.hidden = false
    this.dropListed()
    this.form(fresh)
    this.narrow()
    this.root.querySelector('[data-live-said]').textContent = this.words.changed.replace('{name}', this.by)
  }

  /** What was added here a moment ago and stands in the list of documents now is shown there alone. */
  dropListed() {
    for (const added of document.querySelectorAll('[data-files] [data-document]')) {
      if (document.querySelector(`.documents a[href="/documents/${added.dataset.document}"]`)) added.remove()
    }
  }

  /** A begun form stays as it is, and its owner is told. One that nobody has begun gives way to what is to do now. */
  form(fresh) {
    const [old, now] = [this.root, fresh].map(page => page.querySelector('[data-current-task]')?.dataset.currentTask)
    if (this.touched()) {
      if (this.by !== this.root.dataset.me) this.conflict(this.by)
    } else if (old !== now) revisit()
  }

  filter(button) {
    if (!button) return
    this.topic = button.dataset.topic
    for (const each of button.parentElement.children) each.setAttribute('aria-pressed', String(each === button))
    this.narrow()
  }

  /** A day's heading stands on its first row; it moves to the first one that is shown. */
  narrow() {
    let heading = null
    for (const row of document.querySelectorAll('#history .history > li')) {
      const day = row.querySelector('.day:not(.day--moved)')
      row.querySelector('.day--moved')?.remove()
      if (day) heading = day
      row.hidden = this.topic !== '' && !row.dataset.topics.split(' ').includes(this.topic)
      if (row.hidden || !heading) continue
      if (!day) {
        const copy = heading.cloneNode(true)
        copy.classList.add('day--moved')
        row.prepend(copy)
      }
      heading = null
    }
  }

  async copy(button) {
    if (!button) return
    await navigator.clipboard.writeText(button.dataset.copy)
    toast(document.querySelector('[data-toasts]'), this.words.copied)
  }
}

island('case', root => {
  startFiles(document.querySelector('[data-files]'))
  new CasePage(root).start()
})
