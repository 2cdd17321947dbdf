// Replay: diagrams, data, limits and sentences as they stood after one row of the history; a slider over all of them.
import { addTokens, describe, fit, mark, opened } from './diagram-view.js'
import { momentAt, rowAt, stageStarts } from './film.js'
import { letters } from './keys.js'
import { spanText } from './limits.js'
import { Lanes } from './replay-lanes.js'
import { island } from './islands.js'

const PACE = 900 // milliseconds from event to event at speed 1

function element(name, text, attributes = {}) {
  const node = document.createElement(name)
  if (text) node.textContent = text
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value)
  return node
}

class Drawing {
  constructor(box, names) {
    this.box = box
    this.names = names
    this.marked = []
    this.late = ''
  }

  async open(url) {
    this.viewer = await opened(url, this.box.querySelector('.diagram__canvas'))
    new ResizeObserver(() => this.follow()).observe(this.box)
  }

  /** The whole drawing where it can be read, else the part where the tokens are. */
  follow() {
    this.viewer.get('canvas').resized()
    fit(this.viewer, this.here ?? [], 0.55)
  }

  /** Walked green, waiting blue, overdue red; a pill beside each step that a person is at. */
  show(stream, at, sentence) {
    const canvas = this.viewer.get('canvas')
    for (const [id, name] of this.marked) canvas.removeMarker(id, name)
    this.viewer.get('overlays').clear()
    const open = [...stream.open.values()]
    const here = new Set(open.map(token => token.element))
    const waits = open.filter(token => token.waits && this.names[token.element])
    const isLate = token => token.due !== null && token.due <= at
    const marks = {
      done: [...stream.done, ...stream.flows].filter(id => !here.has(id)),
      inside: open.filter(token => !token.waits).map(token => token.element),
      now: waits.filter(token => !isLate(token)).map(token => token.element),
      late: waits.filter(isLate).map(token => token.element),
    }
    mark(this.viewer, marks)
    const registry = this.viewer.get('elementRegistry')
    const framed = id => registry.get(id)?.type === 'bpmn:SubProcess'
    this.marked = Object.entries(marks).flatMap(([name, ids]) => ids.filter(id => registry.get(id)).map(id => [id, framed(id) ? `is-${name}-frame` : `is-${name}`]))
    const zh = document.documentElement.lang.startsWith('zh')
    addTokens(this.viewer, waits.map(token => ({ element: token.element, late: isLate(token), text: spanText(at - token.since, zh) })))
    describe(this.viewer, sentence)
    const where = waits.length ? waits : open.filter(token => !token.waits)
    if (where.length) this.here = where.map(token => token.element)
    this.follow()
  }
}

class Replay {
  constructor(root) {
    this.root = root
    this.words = JSON.parse(root.querySelector('[data-words]').textContent)
    this.slider = root.querySelector('[data-slider]')
    this.zh = document.documentElement.lang.startsWith('zh')
    this.speed = 1
    this.order = 1
    const options = { timeZone: root.dataset.zone, month: this.zh ? '2-digit' : 'short', day: '2-digit', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }
    const [brief, exact] = [options, { ...options, second: '2-digit' }].map(each => new Intl.DateTimeFormat(this.zh ? 'zh-CN' : 'en-GB', each))
    this.brief = time => brief.format(time).replace('/', '-')
    this.exact = time => exact.format(time).replace('/', '-')
  }

  place(name) {
    return document.querySelector(`[data-${name}]`)
  }

  async start() {
    const response = await fetch(this.root.dataset.film)
    if (!response.ok) throw new Error(`replay: ${response.status}`)
    this.film = await response.json()
    this.stages = stageStarts(this.film.rows)
    const [first, second] = ['case', 'order'].map(name => this.root.querySelector(`[data-diagram=${name}]`))
    this.drawings = [new Drawing(first, this.film.streams[0].elements)]
    await this.drawings[0].open(this.film.streams[0].xml)
    if (this.film.streams.length > 1) await this.showOrder(1, second)
    else second.hidden = true
    this.lanes = new Lanes(this.place('lanes'), this.film, this.words, this.brief, time => this.go(rowAt(this.film.rows, time)))
    this.slider.max = String(this.film.rows.length - 1)
    this.listen(second)
    const asked = /^#row-(\d+)$/.exec(location.hash)
    this.go(asked ? Number(asked[1]) - 1 : this.film.rows.length - 1)
    this.root.dataset.ready = 'true'
  }

  async showOrder(place, box) {
    this.order = place
    box.querySelector('.diagram__canvas').replaceChildren()
    this.root.querySelector('[data-order-name]').textContent = this.film.streams[place].name
    const drawing = new Drawing(box, this.film.streams[place].elements)
    await drawing.open(this.film.streams[place].xml)
    this.drawings[1] = drawing
  }

  listen(second) {
    this.slider.addEventListener('input', () => this.go(Number(this.slider.value)))
    this.root.addEventListener('click', async event => {
      const button = event.target.closest('button')
      if (!button) return
      if (button.dataset.goStep) this.go(this.at + Number(button.dataset.goStep))
      else if ('play' in button.dataset) this.play()
      else if (button.dataset.speed) this.setSpeed(button)
      else if (button.dataset.order) {
        for (const each of button.parentElement.children) each.setAttribute('aria-pressed', String(each === button))
        await this.showOrder(Number(button.dataset.order), second)
        this.go(this.at)
      }
    })
    this.place('go-time').addEventListener('change', event => this.goToTime(event.target.value))
    const step = by => event => this.go(event.shiftKey ? this.stage(by) : this.at + by)
    letters({ ' ': () => this.play(), g: () => this.place('go-time').focus(), ArrowLeft: step(-1), ArrowRight: step(1), Home: () => this.go(0), End: () => this.go(this.film.rows.length - 1) })
    this.slider.addEventListener('keydown', event => {
      if (!event.shiftKey || !['ArrowLeft', 'ArrowRight'].includes(event.key)) return
      event.preventDefault()
      this.go(this.stage(event.key === 'ArrowLeft' ? -1 : 1))
    })
  }

  stage(by) {
    return by < 0 ? (this.stages.findLast?.(i => i < this.at) ?? [...this.stages].reverse().find(i => i < this.at) ?? 0) : (this.stages.find(i => i > this.at) ?? this.film.rows.length - 1)
  }

  /** What is typed is the city's time; the browser may stand in another zone. */
  goToTime(typed) {
    if (!typed) return
    const asIfUtc = Date.parse(`${typed}:59Z`)
    const parts = Object.fromEntries(new Intl.DateTimeFormat('en-US', { timeZone: this.root.dataset.zone, hourCycle: 'h23', year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric', minute: 'numeric', second: 'numeric' }).formatToParts(asIfUtc).map(part => [part.type, Number(part.value)]))
    const there = Date.UTC(parts.year, parts.month - 1, parts.day, parts.hour, parts.minute, parts.second)
    this.go(rowAt(this.film.rows, asIfUtc - (there - asIfUtc)))
  }

  setSpeed(button) {
    this.speed = Number(button.dataset.speed)
    for (const each of button.parentElement.children) each.setAttribute('aria-pressed', String(each === button))
    if (this.playing) {
      clearInterval(this.playing)
      this.playing = null
      this.play()
    }
  }

  play() {
    if (this.playing) clearInterval(this.playing)
    else if (this.at === this.film.rows.length - 1) this.go(0)
    this.playing = this.playing ? null : setInterval(() => (this.root.isConnected ? this.go(this.at + 1, true) : clearInterval(this.playing)), PACE / this.speed)
    const button = this.place('play')
    button.setAttribute('aria-label', this.playing ? this.words.stop : this.words.play)
    button.querySelector('[data-when=playing]').hidden = !this.playing
    button.querySelector('[data-when=stopped]').hidden = Boolean(this.playing)
  }

  go(index, byItself = false) {
    const last = this.film.rows.length - 1
    this.at = Math.min(last, Math.max(0, index))
    if (this.playing && (!byItself || this.at === last)) this.play()
    const moment = momentAt(this.film, this.at)
    this.draw(moment)
    this.tell(moment)
    history.replaceState(null, '', `#row-${this.at + 1}`)
  }

  draw({ row, streams }) {
    const place = this.words.place.replace('{n}', this.at + 1).replace('{all}', this.film.rows.length)
    this.drawings[0].show(streams[0], row.at, this.sentence(streams[0], 0, row.at))
    this.drawings[1]?.show(streams[this.order], row.at, this.sentence(streams[this.order], this.order, row.at))
    this.lanes.show(row.at)
    this.slider.value = String(this.at)
    this.slider.setAttribute('aria-valuetext', `${this.exact(row.at)}, ${place}, ${row.text ?? ''}`)
    this.place('now').textContent = this.exact(row.at)
    this.place('place').textContent = `${place} · ${row.text ?? ''}`
    this.place('number').textContent = `#${this.at + 1}`
  }

  waiting(stream, place) {
    const names = this.film.streams[place].elements
    return [...stream.open.values()].filter(token => token.waits && names[token.element]).map(token => ({ ...token, name: names[token.element] }))
  }

  sentence(stream, place, at) {
    const where = this.waiting(stream, place).map(token => token.name)
    return `${this.film.streams[place].name}, ${this.exact(at)}: ${where.join(', ') || this.words.nothing}`
  }

  tell({ row, streams, changed }) {
    this.place('sentence').textContent = row.text ?? '—'
    this.place('more').replaceChildren(...(row.more ?? []).map(detail => element('span', detail, { class: 'change' })))
    const top = new Map(), all = new Map()
    streams.forEach((stream, place) => {
      for (const [name, value] of stream.data) {
        const isChanged = place === row.s && changed.has(name)
        const fact = { label: this.film.fields[name] ?? name, value, old: isChanged ? changed.get(name) : undefined }
        const key = place ? `${place}.${name}` : name
        all.set(key, place ? { ...fact, label: `${this.film.streams[place].name} · ${fact.label}` } : fact)
        if (isChanged || (!place && this.film.first.includes(name))) top.set(key, fact)
      }
    })
    this.facts(this.place('facts'), [...top].sort(([a], [b]) => this.rank(a) - this.rank(b)).map(([, fact]) => fact))
    this.facts(this.place('all'), [...all.values()])
    this.limits(streams, row.at)
    this.tokens(streams)
    this.around()
  }

  rank(name) {
    const at = this.film.first.indexOf(name)
    return at < 0 ? this.film.first.length : at
  }

  facts(list, facts) {
    list.replaceChildren(
      ...facts.flatMap(({ label, value, old }) => {
        const told = element('dd', old === undefined ? (value ?? '—') : '', { class: 'break' })
        if (old !== undefined) {
          if (old !== null) told.append(element('del', old), ' → ')
          told.append(element('ins', value ?? '—'))
        }
        return [element('dt', label), told]
      }),
    )
  }

  limits(streams, at) {
    const rows = streams.flatMap((stream, place) => [...stream.limits].map(([kind, limit]) => this.limit(`${this.film.kinds[kind] ?? kind}${place ? ` · ${this.film.streams[place].name}` : ''}`, limit, at)))
    this.place('limits').replaceChildren(...(rows.length ? rows : [element('p', '—', { class: 'small muted' })]))
  }

  limit(name, { started, due, ended }, at) {
    const late = due <= at
    const share = Math.min(100, Math.max(0, ((at - started) / (due - started)) * 100))
    const state = ended ?? (late ? 'OVERDUE' : share >= 80 ? 'DUE_SOON' : 'RUNNING')
    const span = spanText(due - at, this.zh)
    const text = ended ? (this.film.ended[ended] ?? ended) : this.words[late ? 'over' : 'left'].replace('{span}', span)
    const chip = element('span', '', { class: 'limit push', 'data-state': state === 'WITHDRAWN' ? 'MET' : state, title: this.exact(due) })
    chip.style.setProperty('--p', String(share))
    chip.append(element('i', '', { class: 'limit__dial', 'aria-hidden': 'true' }), element('span', text, { class: 'limit__text' }))
    const row = element('div', '', { class: 'row small' })
    row.append(element('span', name, { class: 'ellipsis' }), chip)
    return row
  }

  tokens(streams) {
    const all = streams.flatMap((stream, place) => this.waiting(stream, place).map(token => element('li', `${this.film.streams[place].name}: ${token.name}, ${this.words.waits.replace('{at}', this.brief(token.since))}`)))
    this.place('tokens').replaceChildren(...(all.length ? all : [element('li', this.words.nothing, { class: 'muted' })]))
  }

  around() {
    const from = Math.max(0, this.at - 2)
    const rows = this.film.rows.slice(from, this.at + 3)
    this.place('around').replaceChildren(
      ...rows.map((row, i) => {
        const item = element('li')
        const what = element('div', '', { 'data-kind': row.mark === 'system' ? 'clock' : (row.mark ?? 'clock') })
        what.append(element(from + i === this.at ? 'b' : 'span', row.text ?? '—', from + i > this.at ? { class: 'muted' } : {}))
        item.append(element('time', this.exact(row.at).slice(-8, -3)), what)
        return item
      }),
    )
  }
}

island('replay', root => new Replay(root).start())
