// @ts-check
// The socket: one connection at a time, made again when it is lost. What is sent while there is
// none is refused, never kept for later: the next session would not know what it belongs to.

/** @import {ClientEvent, ServerEvent} from './wire.js' */

/** Milliseconds before each new attempt; the last one stays. */
const PAUSES = [400, 1000, 2000, 4000, 8000, 15_000];

/** Milliseconds that an attempt to connect may take. */
const PATIENCE = 10_000;

/** Bytes waiting to be sent, beyond which the server has stopped reading (a minute of audio). */
const BACKLOG = 8_000_000;

export const BUSY = 1013;

export class Realtime {
  /** @type {WebSocket | null} */
  #socket = null;
  #open = false;
  #wanted = false;
  #attempts = 0;
  #sent = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /**
   * @param {string} address
   * @param {object} listener
   * @param {(event: ServerEvent) => void} listener.event
   * @param {(code: number) => void} listener.lost the connection is gone, or could not be made (0 when
   *   it was given up here); it is tried again by itself
   */
  constructor(address, listener) {
    this.address = address;
    this.listener = listener;
  }

  get open() {
    return this.#open;
  }

  /** Connect, and again whenever the connection is lost. */
  connect() {
    this.#wanted = true;
    if (this.#socket === null) this.#attempt();
  }

  /** Close, and stay closed until `connect`. */
  close() {
    this.#wanted = false;
    clearTimeout(this.#timer);
    const socket = this.#socket;
    this.#socket = null;
    this.#open = false;
    socket?.close();
  }

  /** Do not wait for the next attempt: the network is back, or someone is looking. */
  hurry() {
    if (this.#wanted && this.#socket === null) this.#attempt();
  }

  /**
   * Send one event, now or never.
   * @param {ClientEvent} event
   * @returns {string | null} its id, by which an error names it; null when there is no connection
   */
  send(event) {
    const socket = this.#socket;
    if (!this.#open || socket === null) return null;
    if (socket.bufferedAmount > BACKLOG) {
      this.#lose(socket, 0);
      return null;
    }
    const id = `${event.type}:${++this.#sent}`;
    socket.send(JSON.stringify({ ...event, event_id: id }));
    return id;
  }

  #attempt() {
    clearTimeout(this.#timer);
    const socket = new WebSocket(this.address);
    this.#socket = socket;
    this.#timer = setTimeout(() => this.#lose(socket, 0), PATIENCE);
    socket.onopen = () => {
      if (this.#socket !== socket) return;
      clearTimeout(this.#timer);
      this.#open = true;
    };
    socket.onmessage = (message) => {
      if (this.#socket === socket) this.#receive(message.data);
    };
    socket.onclose = (close) => this.#lose(socket, close.code);
  }

  /** @param {unknown} data */
  #receive(data) {
    /** @type {ServerEvent} */
    let event;
    try {
      event = JSON.parse(String(data));
    } catch {
      console.warn('VOX: the server sent something that is not JSON; passed over.');
      return;
    }
    // Only a session counts as success: a busy server accepts, says so and closes.
    if (event.type === 'session.created') this.#attempts = 0;
    this.listener.event(event);
  }

  /**
   * @param {WebSocket} socket
   * @param {number} code
   */
  #lose(socket, code) {
    if (this.#socket !== socket) return;
    clearTimeout(this.#timer);
    this.#socket = null;
    this.#open = false;
    socket.onmessage = null;
    socket.close();
    const pause = PAUSES[Math.min(this.#attempts++, PAUSES.length - 1)];
    // Spread, so that many tabs do not all return in the same moment.
    const wait = code === BUSY ? PAUSES[PAUSES.length - 1] : pause * (0.75 + Math.random() / 2);
    this.#timer = setTimeout(() => this.#attempt(), wait);
    this.listener.lost(code);
  }
}
