// Says on standard error what runs now: a bar that is redrawn on a terminal, a line a step elsewhere.
export class Progress {
  constructor(steps) {
    this.steps = Math.max(1, steps);
    this.done = 0;
    this.begin = Date.now();
    this.redraws = process.stderr.isTTY;
  }

  // Begins the next step.
  step(what) {
    const share = Math.min(1, this.done / this.steps);
    this.done += 1;
    const filled = Math.round(share * 24);
    const bar = '█'.repeat(filled) + '░'.repeat(24 - filled);
    const line = `${bar} ${String(Math.floor(share * 100)).padStart(3)} %  ${this.remaining(share)}  ${what}`;
    process.stderr.write(this.redraws ? `\r\x1b[K${line}` : `${line}\n`);
  }

  remaining(share) {
    if (share < 0.03) return '      ';
    const seconds = Math.round((((Date.now() - this.begin) / share) * (1 - share)) / 1000);
    return `${String(Math.floor(seconds / 60)).padStart(3)}:${String(seconds % 60).padStart(2, '0')}`;
  }

  end() {
    if (this.redraws) process.stderr.write('\r\x1b[K');
  }
}
