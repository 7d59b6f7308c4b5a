// What came and was not asked for yet; asking waits for what is still to come, but not forever.

const DEADLINE_MILLISECONDS = 10_000;

export class Mailbox {
  #kept = [];
  #waiting = [];

  put(item) {
    const resolve = this.#waiting.shift();
    if (resolve) resolve(item);
    else this.#kept.push(item);
  }

  get isEmpty() {
    return this.#kept.length === 0;
  }

  /** Gives the next item, or rejects when none comes within the deadline. */
  next() {
    if (this.#kept.length) return Promise.resolve(this.#kept.shift());
    return within(new Promise((resolve) => this.#waiting.push(resolve)));
  }
}

/** Gives what a promise gives, or rejects when it is not settled within the deadline. */
export function within(promise) {
  let timer;
  const deadline = new Promise((_, reject) => {
    const late = new Error(`nothing came within ${DEADLINE_MILLISECONDS} ms`);
    timer = setTimeout(() => reject(late), DEADLINE_MILLISECONDS);
  });
  return Promise.race([promise, deadline]).finally(() => clearTimeout(timer));
}

/** Asks again and again until the answer is yes; rejects when it is still no at the deadline. */
export async function eventually(question) {
  const deadline = Date.now() + DEADLINE_MILLISECONDS;
  while (!(await question())) {
    if (Date.now() > deadline) throw new Error(`still not so after ${DEADLINE_MILLISECONDS} ms: ${question}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
