/** Signatures; replaced file by file. */
import type { Platform } from '../../platform/index.ts';
import type { Ed25519Private, Ed25519Public, P256Private, P256Public } from './keys.ts';
import type { AreaGrant, HeldSections, SectionName, SectionValues } from './payload.ts';

/** A section as the server keeps it: the exact text, and what identifies it. */
export interface Section {
  readonly version: number;
  readonly hash: string;
  readonly text: string;
}
/** `previous` itself when the value has not changed, else the next version: max(previous + 1, now). */
export declare function nextSection<S extends SectionName>(
  platform: Platform,
  name: S,
  value: SectionValues[S],
  previous: Section | undefined,
  now: number,
): Section;
/** max(last + 1, now), below 2^52. */
export declare function nextSequence(last: number, now: number): number;

export interface MessageParts {
  /** Id of the server. */
  readonly server: string;
  readonly policyKey: Ed25519Private;
  readonly device: string;
  /** The device's newest message key. */
  readonly messageKey: P256Public;
  /** Sequence of the last message to this device; 0 before the first. */
  readonly lastSeq: number;
  readonly now: number;
  /** ms */
  readonly lifetime: number;
  readonly sections: { readonly [S in SectionName]: Section };
  /** As acknowledged last; a section held in this version and hash is sent without its value. */
  readonly held: HeldSections;
  readonly grants: readonly AreaGrant[];
  readonly crit?: readonly string[];
}
export interface ComposedMessage {
  readonly seq: number;
  readonly iat: number;
  readonly exp: number;
  /** Compact JWS: keep it to send the same message again. */
  readonly jws: string;
  /** SHA-256 of the JWS, base64url: what an acknowledgement names. */
  readonly hash: string;
  /** Compact JWE. */
  readonly sealed: string;
}
export declare function composeMessage(platform: Platform, parts: MessageParts): Promise<ComposedMessage>;
/** Seals a message once more, to the message key that the device has now. */
export declare function sealMessage(jws: string, messageKey: P256Public): Promise<string>;

/** What a device reports. Fields common to all: see `ReportHeader`. */
export type ReportBody =
  | {
      readonly kind: 'acknowledgement';
      readonly seq: number;
      /** SHA-256 of the message's JWS. */
      readonly message: string;
      readonly sections: HeldSections;
      /** Ids of all policy keys held. */
      readonly keys: readonly string[];
      readonly commands: readonly { readonly id: string; readonly result: 'done' | 'unknown' }[];
    }
  | { readonly kind: 'failure'; readonly code: string; readonly seq?: number }
  | {
      readonly kind: 'head';
      readonly chain: string;
      readonly counter: number;
      readonly hash: string;
      readonly time: number;
    };
export interface ReportHeader {
  readonly v: 1;
  readonly iss: string;
  readonly aud: string;
  /** Grows with every report of the device: max(last + 1, Unix ms). */
  readonly number: number;
  readonly iat: number;
  /** The device's newest message key. */
  readonly messageKey: P256Public;
}
export type Report = ReportHeader & ReportBody;
export interface ReportParts {
  readonly device: string;
  readonly server: string;
  readonly signingKey: Ed25519Private;
  readonly receiveKey: P256Public;
  readonly number: number;
  readonly now: number;
  readonly messageKey: P256Public;
  readonly body: ReportBody;
}
export declare function composeReport(parts: ReportParts): Promise<string>;
export interface ReportExpectation {
  readonly server: string;
  readonly receiveKey: P256Private;
  readonly device: string;
  readonly signingKey: Ed25519Public;
  /** Highest report number taken so far; 0 before the first. */
  readonly number: number;
  /** Highest sequence acknowledged so far; 0 before the first. */
  readonly acknowledged: number;
  /** Highest sequence sent. */
  readonly sent: number;
}
export interface OpenedReport {
  readonly report: Report;
  /** Take `messageKey` and `number` over only when this is true. */
  readonly newest: boolean;
  /** `old`: nothing of it counts. `repeated`: taken already, answer as before. */
  readonly order: 'new' | 'repeated' | 'old';
}
export declare function openReport(sealed: string, expected: ReportExpectation): Promise<OpenedReport>;

/** B3, B15: what the server is known by. All derived from one 32-byte root. */
export interface ServerIdentity {
  /** First 16 bytes of `keyHash`, base64url. */
  readonly id: string;
  /** SHA-256 over both thumbprints; in every enrolment code. */
  readonly keyHash: Uint8Array;
  readonly identityKey: Ed25519Private;
  readonly receiveKey: P256Private;
}
export interface ServerKeys {
  readonly identityKey: Ed25519Public;
  readonly receiveKey: P256Public;
}
export declare function deriveServerIdentity(platform: Platform, root: Uint8Array): Promise<ServerIdentity>;
/** The server's key pair for one device (B3). */
export declare function derivePolicyKey(
  platform: Platform,
  root: Uint8Array,
  device: string,
): Promise<Ed25519Private>;
/** Hash and id of a server's public keys. */
export declare function serverKeyHash(
  platform: Platform,
  keys: ServerKeys,
): Promise<{ id: string; keyHash: Uint8Array }>;

export interface Certificate {
  readonly v: 1;
  readonly device: string;
  readonly user: string;
  readonly jwk: Ed25519Public;
  readonly iat: number;
}
export declare function certify(
  identityKey: Ed25519Private,
  certificate: Omit<Certificate, 'v'>,
): Promise<string>;
export declare function verifyCertificate(identityKey: Ed25519Public, jws: string): Promise<Certificate>;

/** A request of a device to the server: `Authorization: Holdfast LOGIN`. */
export interface LoginParts {
  readonly device: string;
  readonly server: string;
  readonly method: string;
  /** Path and query as sent. */
  readonly path: string;
  readonly body: Uint8Array;
}
export declare function composeLogin(
  platform: Platform,
  key: Ed25519Private,
  parts: LoginParts,
  now: number,
): Promise<string>;
/** Returns the device and the login's random id. @throws MessageError ERR_LOGIN */
export declare function verifyLogin(
  platform: Platform,
  login: string,
  expected: Omit<LoginParts, 'device'>,
  /** The signing key of a device; undefined when it is not enrolled, or ended. */
  keyOf: (device: string) => Promise<Ed25519Public | undefined>,
  now: number,
): Promise<{ device: string; id: string }>;

export interface EnrolmentCode {
  /** Origin and path prefix of the server, without trailing slash. */
  readonly url: string;
  readonly keyHash: Uint8Array;
  /** 16 bytes, used once. */
  readonly secret: Uint8Array;
}
export declare function encodeEnrolmentCode(platform: Platform, code: EnrolmentCode): string;
export declare function parseEnrolmentCode(platform: Platform, text: string): EnrolmentCode;
/** By what the server finds a code: tells nothing about the secret. base64url, 22 characters. */
export declare function enrolmentId(platform: Platform, secret: Uint8Array): string;

export interface PlatformInfo {
  /** `linux`, `darwin`, `win32`, `android`, ... */
  readonly os: string;
  /** Name of the machine, for people. */
  readonly name: string;
  /** Version of Holdfast. */
  readonly version: string;
}
/** Body of POST /api/v1/enrolments. */
export interface EnrolmentRequest {
  readonly v: 1;
  readonly id: string;
  readonly sealed: string;
  readonly mac: string;
}
/** Answer to it. */
export interface EnrolmentAnswer {
  readonly v: 1;
  readonly sealed: string;
  readonly mac: string;
}
export interface DeviceKeys {
  readonly device: string;
  readonly signingKey: Ed25519Private;
  readonly messageKey: P256Private;
}
export declare function composeEnrolmentRequest(
  platform: Platform,
  code: EnrolmentCode,
  server: ServerKeys,
  keys: DeviceKeys,
  info: PlatformInfo,
  now: number,
): Promise<EnrolmentRequest>;
export interface OpenedRequest {
  readonly device: string;
  readonly signingKey: Ed25519Public;
  readonly messageKey: P256Public;
  readonly platform: PlatformInfo;
  /** base64url: the same request has the same hash and gets the same answer. */
  readonly hash: string;
}
/** Server: checks MAC, opens, verifies the device's signature. */
export declare function openEnrolmentRequest(
  platform: Platform,
  request: unknown,
  secret: Uint8Array,
  server: ServerIdentity,
): Promise<OpenedRequest>;
export interface AnswerParts {
  readonly request: OpenedRequest;
  readonly user: { readonly id: string; readonly name: string };
  readonly policyKey: Ed25519Public;
  readonly certificate: string;
  /** Keys to existing history wait until the transcript code is confirmed. */
  readonly confirm: boolean;
}
export declare function composeEnrolmentAnswer(
  platform: Platform,
  secret: Uint8Array,
  server: ServerIdentity,
  parts: AnswerParts,
  now: number,
): Promise<{ answer: EnrolmentAnswer; transcriptCode: string }>;
/** What the device pins. */
export interface Enrolment {
  readonly server: { readonly id: string; readonly url: string } & ServerKeys;
  readonly user: { readonly id: string; readonly name: string };
  readonly device: string;
  readonly policyKey: Ed25519Public;
  readonly certificate: string;
  readonly confirm: boolean;
  /** `1234 5678`: compared by people on both sides. */
  readonly transcriptCode: string;
  readonly iat: number;
}
export declare function openEnrolmentAnswer(
  platform: Platform,
  answer: unknown,
  request: EnrolmentRequest,
  code: EnrolmentCode,
  server: ServerKeys,
  keys: DeviceKeys,
): Promise<Enrolment>;
