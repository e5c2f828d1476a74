// @ts-check
// The registry: who may sign what, and who has which role, from when until when.
//
// It is the chain of statements about the deployment itself. The policy vouches for the center's key, and
// the center's key for everything here; order in the ledger decides what was before, not clocks. Refused,
// because a verifier must never choose between two readings: a key enrolled twice, a revocation of what is
// not a key in force, a `proof` that the statement or the registry contradicts. A revoked key does not come back.
//
// People's keys guard their keys: each enrolment and revocation of a credential says what proved that it was the
// person. Where that is an earlier key of theirs, it signed the very statement.

import { fromBase64, toHex } from "../bytes.js";
import { REGISTRY_TYPES } from "./types.js";
import { ORIGIN } from "./members.js";
import { Malformed, NotProved } from "../errors.js";
import { checkSheet } from "./sheets.js";
import { statementKeyId, verifyStatement } from "./statements.js";
import { loadKey } from "./webauthn.js";

/** @import { KeyRecord, Holder, Basis, Signature } from "./signatures.js" */
/** @import { SignedStatement } from "./statements.js" */
/** @typedef {SignedStatement & {position: number, hash: Bytes}} Placed a statement, its place in the ledger, its leaf hash */
/** @typedef {{role: string, organisation: string, given: number, ended: number | null}} RoleHeld ledger positions */

/** What a credential may rest on, strongest first. @type {readonly Basis[]} */
const BASES = ["first", "again", "recovery"];

/** @param {string} why @param {string} [reason] */
function refused(why, reason = "signature") {
  return new NotProved(reason, why);
}

/** What the registry chain of one deployment says, as far as it was added. */
export class Registry {
  #keys;
  /** @type {Map<string, RoleHeld[]>} */
  #roles = new Map();
  /** For whose keys every secret is wrapped, by kind. @type {Map<string, {key: string, replaces: string | null, complete: boolean}>} */
  #wrapped = new Map();
  /** Kind and id of each key that was given up for another. @type {Set<string>} */
  #exchanged = new Set();
  #deployment;
  /** The newest statement. @type {{number: number, hash: Bytes, position: number, signatures: readonly Signature[]} | null} */
  #head = null;

  /** @param {string} deployment @param {Map<string, KeyRecord>} keys */
  constructor(deployment, keys) {
    this.#deployment = deployment;
    this.#keys = keys;
  }

  /**
   * @param {string} deployment @param {Bytes} center the center's public key, 32 bytes, of the policy
   * @returns {Promise<Registry>}
   */
  static async begin(deployment, center) {
    const id = await statementKeyId(center);
    return new Registry(deployment, new Map([[id, { public: center, holder: "center", name: "center", enrolled: null }]]));
  }

  /** Key id → key record, revoked ones included: for `verifyStatement`. @returns {ReadonlyMap<string, KeyRecord>} */
  get keys() {
    return this.#keys;
  }

  /** The newest statement's number in the chain; null before the first. */
  get number() {
    return this.#head?.number ?? null;
  }

  /**
   * The role a person had when position `index` of the ledger was written.
   *
   * @param {string} person id @param {number} index @returns {RoleHeld | null}
   */
  role(person, index) {
    const held = this.history(person).findLast(({ given }) => given < index);
    return held && (held.ended === null || index <= held.ended) ? held : null;
  }

  /** All roles a person ever had, oldest first. @param {string} person @returns {readonly RoleHeld[]} */
  history(person) {
    return this.#roles.get(person) ?? [];
  }

  /**
   * Add the next statement of the chain.
   *
   * 1. It is about this deployment and of a type that belongs here.
   * 2. It comes directly after the one before, in the chain and in the ledger.
   * 3. The center signed it, and every signature holds, with the keys in force until now. A sheet that a person signed is
   *    in order.
   * 4. What it says makes sense after what was said before.
   *
   * @param {Placed} placed @throws {NotProved}
   */
  async add(placed) {
    try {
      this.#checkPlace(placed); // 1, 2
      await verifyStatement(placed, this.#keys, placed.position); // 3
      checkSheet(this.#head?.signatures ?? [], placed.signatures);
      await this.#take(placed); // 4
      const { statement: { number }, hash, position, signatures } = placed;
      this.#head = { number, hash, position, signatures };
    } catch (error) {
      if (error instanceof Malformed) throw refused(`statement ${placed.position}: ${error.message}`, "not-proved");
      if (error instanceof NotProved) throw refused(`statement ${placed.position}: ${error.message}`, error.reason);
      throw error;
    }
  }

  /** @param {number} number @throws {NotProved} "incomplete" unless every statement up to this number was added */
  require(number) {
    const have = (this.number ?? -1) + 1;
    if (have <= number) throw refused(`the registry ends after ${have} statements, number ${number} is needed`, "incomplete");
  }

  /** @param {Placed} placed */
  #checkPlace({ statement, position }) {
    const head = this.#head;
    if (statement.evidence !== this.#deployment || statement.case !== null) {
      throw refused("the statement is not about the deployment", "not-proved");
    }
    if (!REGISTRY_TYPES.has(statement.type)) throw refused(`${statement.type} does not belong into the registry`, "not-proved");
    const expected = head ? head.number + 1 : 0;
    if (statement.number !== expected) {
      throw refused(`statement ${expected} of the chain is expected, this is ${statement.number}`, "incomplete");
    }
    if (statement.previous !== (head ? toHex(head.hash) : null)) {
      throw refused(`statement ${expected} of the chain does not name the one before it`, "altered");
    }
    if (head && position <= head.position) throw refused("the registry is not in the ledger's order", "not-proved");
  }

  /** @param {Placed} placed */
  async #take({ statement: { type, body }, signatures, position }) {
    if (type === "recorder.enrolled") {
      await this.#enrol({ public: fromBase64(body.key), holder: "recorder", name: body.name, enrolled: position });
    } else if (type === "credential.enrolled") {
      const { algorithm, person, rp } = body;
      const key = fromBase64(body.key);
      await loadKey(algorithm, key);
      const basis = this.#basis(body, signatures);
      await this.#enrol({ public: key, holder: "person", name: "", enrolled: position, person, algorithm, rp, basis });
    } else if (type === "recorder.revoked") {
      this.#revoke(body.key, "recorder", position);
    } else if (type === "credential.revoked") {
      // A key that is revoked here does not count here: it cannot sign its own end.
      if (signatures.some(({ key }) => key === body.key)) throw refused(`key ${body.key} was revoked before this statement`);
      const record = this.#keys.get(body.key);
      if (body.proof === "key" && record && this.#own(signatures, record.person).length === 0) {
        throw refused(`no other key of its person signed the revocation of key ${body.key}`);
      }
      this.#revoke(body.key, "person", position);
    } else if (type === "role.given" || type === "role.withdrawn") {
      /** @type {RoleHeld[]} */
      const roles = this.history(body.person).map((held) => ({ ...held, ended: held.ended ?? position }));
      const { role, organisation } = body;
      if (type === "role.given") roles.push({ role, organisation, given: position, ended: null });
      this.#roles.set(body.person, roles);
    } else if (type === "key.rotated" && body.kind !== "ledger") {
      this.#rotate(body.kind, body); // it changes who can open evidence, and not whose word counts
    } else if (type === "ledger.succeeded") {
      // The entries before it are those of the ledger that it names, in their places.
      if (ORIGIN.exec(body.origin)?.[1] !== this.#deployment || body.size !== position) {
        throw refused("it succeeds another ledger than the one whose entries it follows", "not-proved");
      }
    } else if (type === "key.rotated") {
      throw refused(`${type} changes whose word counts, in a way not known here`, "not-proved");
    }
  }

  /** @param {string} kind @param {any} body */
  #rotate(kind, { key, replaces, state }) {
    const now = this.#wrapped.get(kind);
    if (state === "complete") {
      if (!now || now.complete || now.key !== key || now.replaces !== replaces) {
        throw refused(`it completes an exchange of the ${kind} key that was not begun`, "not-proved");
      }
    } else if (key === replaces || (now && replaces !== now.key)) {
      throw refused(`it exchanges another ${kind} key than the one in use`, "not-proved");
    }
    if (state === "begun" && this.#exchanged.has(`${kind} ${key}`)) {
      throw refused(`it takes up again the ${kind} key that was exchanged before`, "not-proved");
    }
    if (replaces !== null) this.#exchanged.add(`${kind} ${replaces}`);
    this.#wrapped.set(kind, { key, replaces, complete: state === "complete" });
  }

  /**
   * What a credential rests on that is enrolled now.
   *
   * @param {any} body @param {readonly Signature[]} signatures verified @returns {Basis}
   */
  #basis({ person, proof }, signatures) {
    if (proof === "recovery") return "recovery";
    if (proof === "key") {
      const own = this.#own(signatures, person).map(({ basis = "first" }) => BASES.indexOf(basis));
      if (own.length === 0) throw refused(`no earlier key of person ${person.slice(0, 8)} signed the enrolment of a further one`);
      return /** @type {Basis} */ (BASES[Math.min(...own)]);
    }
    const earlier = [...this.#keys.values()].filter((one) => one.person === person);
    if (earlier.some(({ revoked = null }) => revoked === null)) {
      throw refused(`a link enrols a key for person ${person.slice(0, 8)}, who has one in force`, "not-proved");
    }
    return earlier.length > 0 ? "again" : "first";
  }

  /** The keys of this person that signed; none signs its own end. @param {readonly Signature[]} signatures @param {string | undefined} person */
  #own(signatures, person) {
    return signatures.flatMap(({ key }) => {
      const record = this.#keys.get(key);
      return record?.holder === "person" && record.person === person ? [record] : [];
    });
  }

  /** @param {KeyRecord} record */
  async #enrol(record) {
    const id = await statementKeyId(record.public);
    if (this.#keys.has(id)) throw refused(`key ${id} is enrolled a second time`);
    this.#keys.set(id, { ...record, revoked: null });
  }

  /** @param {string} key @param {Holder} holder @param {number} position */
  #revoke(key, holder, position) {
    const record = this.#keys.get(key);
    if (!record || record.holder !== holder || (record.revoked ?? null) !== null) {
      throw refused(`it revokes key ${key}, which is no ${holder}'s key in force`);
    }
    this.#keys.set(key, { ...record, revoked: position });
  }
}
