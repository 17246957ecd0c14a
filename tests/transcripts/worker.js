/**
 * Replays what was recorded natively (tape.h) in workerd. POST with a file of transcripts to /steps, or with one of the tests of the
 * protocol to /tests, answers how much there was, and the first difference.
 */
import { Difference, Recording } from './ports.js';
import { replaySteps } from './replay-steps.js';
import { replayTests } from './replay-tests.js';

export default {
  /** @param {Request} request */
  async fetch(request) {
    const replay = new URL(request.url).pathname === '/tests' ? replayTests : replaySteps;
    const recording = new Recording();
    try {
      return Response.json({ ...replay(new Uint8Array(await request.arrayBuffer()), recording), difference: '' });
    } catch (error) {
      return Response.json({ difference: error instanceof Difference ? error.message : `${recording.where}: ${/** @type {Error} */ (error).stack}` });
    }
  },
};
