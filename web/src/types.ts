// The shapes of the node's answers, under the names that the console uses.
import type { components } from "./api.gen.ts";

type S = components["schemas"];
export type Status = S["Status"];
export type LineStatus = S["LineStatus"];
export type FeedStatus = S["FeedStatus"];
export type PeerStatus = S["PeerStatus"];
export type Picture = S["Picture"];
export type Conversation = S["Conversation"];
export type Item = S["Item"];
export type Notice = S["Notice"];
export type Relay = S["Relay"];
export type Alert = S["Alert"];
export type Plan = S["Plan"];
export type TrackView = S["TrackView"];
export type Volume = S["Volume"];
export type Point = S["Point"];
export type Conflict = S["Conflict"];
export type Sent = S["Sent"];
export type Session = S["Session"];
export type Phrasebook = S["Phrasebook"];
export type PhraseEntry = S["PhraseEntry"];
export type Place = S["Place"];
export type Missing = S["Missing"];
export type StateAt = S["StateAt"];
export type Draft = S["Draft"];
export type Precedence = S["Precedence"];
