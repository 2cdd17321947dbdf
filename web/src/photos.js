// Photos and files of an order, a case or a report: photos made small on the device, shown at once, and sent each by itself until the server has it. An id made
// here stands for each, so one that is sent again over a bad line is still one.
import { life } from './life.js'
const LONGEST = 1600 // pixels
const QUALITY = 0.82
const AGAIN = [2_000, 5_000, 15_000]

export class Photos {
  /** `place` is the address of whatever they belong to. */
  constructor(list, place, words, say) {
    this.list = list
    this.place = place
    this.words = words
    this.say = say
    this.waiting = 0
    list?.addEventListener('change', event => event.target.matches('[data-take]') && this.taken(event.target))
    list?.addEventListener('click', event => this.removed(event.target.closest('[data-remove]')))
  }

  /** Ids of those the server has. */
  ids() {
    return [...(this.list?.querySelectorAll('[data-document]') ?? [])].map(each => each.dataset.document)
  }

  /** Until the server has them all. */
  async all() {
    while (this.waiting) await new Promise(resolve => setTimeout(resolve, 100))
  }

  taken(input) {
    this.addAll(input.files)
    input.value = ''
  }

  addAll(files) {
    for (const file of files) this.add(file)
  }

  async add(file) {
    const item = document.createElement('li')
    item.className = 'photo photo--sm is-waiting'
    this.list.append(item)
    this.count(1)
    const { blob, shown } = await shrunk(file)
    item.append(shown ? picture(shown, this.words.photo) : named(file.name))
    const refusal = await this.send(identifier(), blob, file.name, item)
    this.count(-1)
    item.classList.remove('is-waiting')
    if (!refusal) return
    item.remove()
    this.say(this.words.photo_failed.replace('{why}', refusal))
  }

  /** Tries until there is an answer. Returns a refusal's sentence, or nothing. */
  async send(id, blob, name, item) {
    const [path, query] = this.place.split('?')
    const url = `${path}/documents/${id}?name=${encodeURIComponent(name)}${query ? `&${query}` : ''}`
    for (let attempt = 0; ; attempt++) {
      const token = document.querySelector('meta[name=csrf-token]').content
      const headers = { 'Content-Type': blob.type || 'application/octet-stream', Accept: 'application/json', 'X-CSRFToken': token }
      const response = await fetch(url, { method: 'PUT', headers, body: blob }).catch(() => null)
      if (response?.ok) {
        item.dataset.document = id
        item.append(remover(this.words.remove))
        return ''
      }
      if (response && response.status < 500) return (await response.json().catch(() => ({}))).detail ?? response.statusText
      await pause(AGAIN[Math.min(attempt, AGAIN.length - 1)])
    }
  }

  async removed(button) {
    const item = button?.closest('[data-document]')
    if (!item) return
    const headers = { Accept: 'application/json', 'X-CSRFToken': document.querySelector('meta[name=csrf-token]').content }
    const response = await fetch(`/documents/${item.dataset.document}`, { method: 'DELETE', headers }).catch(() => null)
    if (response?.ok || response?.status === 404) item.remove()
    else this.say((await response?.json().catch(() => null))?.detail ?? this.words.kept_here)
  }

  count(step) {
    this.waiting += step
    this.say(this.waiting ? this.words.uploading.replace('{n}', this.waiting) : this.words.sent.replace('{n}', this.ids().length))
  }
}

/** At most LONGEST pixels a side, as JPEG; what this browser cannot read goes as it is. */
export async function shrunk(file) {
  try {
    const image = await createImageBitmap(file)
    const share = Math.min(1, LONGEST / Math.max(image.width, image.height))
    const canvas = document.createElement('canvas')
    canvas.width = Math.max(1, Math.round(image.width * share))
    canvas.height = Math.max(1, Math.round(image.height * share))
    canvas.getContext('2d').drawImage(image, 0, 0, canvas.width, canvas.height)
    const blob = await new Promise(resolve => canvas.toBlob(resolve, 'image/jpeg', QUALITY))
    return { blob, shown: canvas.toDataURL('image/jpeg', 0.5) }
  } catch {
    return { blob: file, shown: null }
  }
}

export function named(name) {
  const words = document.createElement('span')
  words.className = 'photo__name'
  words.textContent = name
  return words
}

export function picture(source, words) {
  const image = document.createElement('img')
  image.src = source
  image.alt = words
  return image
}

export function remover(words) {
  const button = document.createElement('button')
  button.type = 'button'
  button.className = 'photo__remove'
  button.dataset.remove = ''
  button.setAttribute('aria-label', words)
  button.textContent = '×'
  return button
}

/** A UUID; `crypto.randomUUID` exists on secure pages only. */
export function identifier() {
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  bytes[6] = (bytes[6] & 0x0f) | 0x40
  bytes[8] = (bytes[8] & 0x3f) | 0x80
  const hex = [...bytes].map(byte => byte.toString(16).padStart(2, '0')).join('')
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-')
}

/** For a while, or until there is a network again. */
function pause(milliseconds) {
  return new Promise(resolve => {
    const timer = setTimeout(done, milliseconds)
    window.addEventListener('online', done, { once: true })
    function done() {
      clearTimeout(timer)
      window.removeEventListener('online', done)
      resolve()
    }
  })
}

/** A list that stands by itself on a page: chosen, dropped on it, or pasted anywhere but into a text. */
export function startFiles(root) {
  const list = root?.querySelector('[data-photos]')
  if (!list) return null
  const words = JSON.parse(root.querySelector('[data-words]').textContent)
  const photos = new Photos(list, root.dataset.place, words, said => { root.querySelector('[data-line-state]').textContent = said })
  root.addEventListener('dragover', event => event.preventDefault())
  root.addEventListener('drop', event => {
    event.preventDefault()
    photos.addAll(event.dataTransfer.files)
  })
  document.addEventListener('paste', event => {
    if (!event.clipboardData.files.length) return
    event.preventDefault()
    photos.addAll(event.clipboardData.files)
  }, { signal: life() })
  return photos
}
