/** One call of a service method that faults can strike, as it was made. */
export interface Call {
  /** Its place among all calls of the run, from 1. */
  readonly number: number
  /** `LinkOps.apply`. */
  readonly method: string
  /** What it was asked, in words: `LinkOps.apply host: add bridge vmb1, set vmb1 up`. */
  readonly words: string
  /**
   * How many changes it makes that can be there without the next: the length of a batch, 1 for a transaction or a
   * single change, 0 for a question.
   */
  readonly steps: number
}
