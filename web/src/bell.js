// A ring tone that needs no file: 425 Hz, one second on, four off, as a telephone in China rings.
export class Bell {
  ring() {
    this.stop()
    try {
      this.context = new AudioContext()
    } catch {
      return // no sound on this machine: the page shows that it rings
    }
    const tone = this.context.createOscillator()
    const volume = this.context.createGain()
    tone.frequency.value = 425
    volume.gain.value = 0
    const now = this.context.currentTime
    for (let n = 0; n < 12; n++) {
      volume.gain.setValueAtTime(0.15, now + n * 5)
      volume.gain.setValueAtTime(0, now + n * 5 + 1)
    }
    tone.connect(volume).connect(this.context.destination)
    tone.start()
    tone.stop(now + 60)
  }

  stop() {
    this.context?.close()
    this.context = null
  }
}
